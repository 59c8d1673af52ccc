// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// The files of the pages, as C has them in the program: a Swift array of so many bytes takes the compiler a minute.

#include "CPages.h"

// #embed is of C23; the compilers of Swift 6.2 have it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char bar_css[] = {
#embed "../LiveProgressPages/Web/bar.css"
};
static const unsigned char bar_js[] = {
#embed "../LiveProgressPages/Web/bar.js"
};
static const unsigned char format_js[] = {
#embed "../LiveProgressPages/Web/format.js"
};
static const unsigned char list_page_js[] = {
#embed "../LiveProgressPages/Web/list-page.js"
};
static const unsigned char list_css[] = {
#embed "../LiveProgressPages/Web/list.css"
};
static const unsigned char list_html[] = {
#embed "../LiveProgressPages/Web/list.html"
};
static const unsigned char list_js[] = {
#embed "../LiveProgressPages/Web/list.js"
};
static const unsigned char operation_page_js[] = {
#embed "../LiveProgressPages/Web/operation-page.js"
};
static const unsigned char operation_css[] = {
#embed "../LiveProgressPages/Web/operation.css"
};
static const unsigned char operation_html[] = {
#embed "../LiveProgressPages/Web/operation.html"
};
static const unsigned char operation_js[] = {
#embed "../LiveProgressPages/Web/operation.js"
};
static const unsigned char page_token_js[] = {
#embed "../LiveProgressPages/Web/page-token.js"
};
static const unsigned char theme_css[] = {
#embed "../LiveProgressPages/Web/theme.css"
};
static const unsigned char values_js[] = {
#embed "../LiveProgressPages/Web/values.js"
};
static const unsigned char address_js[] = {
#embed "../LiveProgressPages/Web/client/address.js"
};
static const unsigned char ask_js[] = {
#embed "../LiveProgressPages/Web/client/ask.js"
};
static const unsigned char connection_js[] = {
#embed "../LiveProgressPages/Web/client/connection.js"
};
static const unsigned char element_js[] = {
#embed "../LiveProgressPages/Web/client/element.js"
};
static const unsigned char error_js[] = {
#embed "../LiveProgressPages/Web/client/error.js"
};
static const unsigned char live_progress_js[] = {
#embed "../LiveProgressPages/Web/client/live-progress.js"
};
static const unsigned char place_js[] = {
#embed "../LiveProgressPages/Web/client/place.js"
};
static const unsigned char question_js[] = {
#embed "../LiveProgressPages/Web/client/question.js"
};
static const unsigned char queue_js[] = {
#embed "../LiveProgressPages/Web/client/queue.js"
};
static const unsigned char report_js[] = {
#embed "../LiveProgressPages/Web/client/report.js"
};
static const unsigned char sender_js[] = {
#embed "../LiveProgressPages/Web/client/sender.js"
};
static const unsigned char shared_js[] = {
#embed "../LiveProgressPages/Web/client/shared.js"
};
static const unsigned char style_js[] = {
#embed "../LiveProgressPages/Web/client/style.js"
};
static const unsigned char time_js[] = {
#embed "../LiveProgressPages/Web/client/time.js"
};
static const unsigned char transport_js[] = {
#embed "../LiveProgressPages/Web/client/transport.js"
};
static const unsigned char watch_js[] = {
#embed "../LiveProgressPages/Web/client/watch.js"
};
static const unsigned char words_js[] = {
#embed "../LiveProgressPages/Web/client/words.js"
};

static const unsigned char files_end[] = {0};

#define FILE(path, name) {path, name, sizeof name}

static const struct page_file files[] = {
    FILE("bar.css", bar_css),
    FILE("bar.js", bar_js),
    FILE("format.js", format_js),
    FILE("list-page.js", list_page_js),
    FILE("list.css", list_css),
    FILE("list.html", list_html),
    FILE("list.js", list_js),
    FILE("operation-page.js", operation_page_js),
    FILE("operation.css", operation_css),
    FILE("operation.html", operation_html),
    FILE("operation.js", operation_js),
    FILE("page-token.js", page_token_js),
    FILE("theme.css", theme_css),
    FILE("values.js", values_js),
    FILE("client/address.js", address_js),
    FILE("client/ask.js", ask_js),
    FILE("client/connection.js", connection_js),
    FILE("client/element.js", element_js),
    FILE("client/error.js", error_js),
    FILE("client/live-progress.js", live_progress_js),
    FILE("client/place.js", place_js),
    FILE("client/question.js", question_js),
    FILE("client/queue.js", queue_js),
    FILE("client/report.js", report_js),
    FILE("client/sender.js", sender_js),
    FILE("client/shared.js", shared_js),
    FILE("client/style.js", style_js),
    FILE("client/time.js", time_js),
    FILE("client/transport.js", transport_js),
    FILE("client/watch.js", watch_js),
    FILE("client/words.js", words_js),
    {"", files_end, 0},
};

struct page_file page_file_at(size_t index) { return files[index]; }
