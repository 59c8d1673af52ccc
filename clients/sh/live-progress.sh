# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Functions for shell scripts to report their progress:
#
#   . ./live-progress.sh
#   progress_start "Backup" 12 files     # the operation ends with the script, according to the exit code
#   progress_step "Dump" table=customers
#   progress_advance
#
# No call waits, fails or prints, except progress_ask. Calls append lines to a file; a background process sends the lines
# to the server.

# progress_start [--id ID] [--cancellable] TITLE [TOTAL [UNIT]]: begins an operation on $LIVE_PROGRESS_SERVER. If
# $LIVE_PROGRESS_URL is set, the script reports on that operation, and the program that began the operation ends it. With
# LIVE_PROGRESS_OWNER=1, the first operation of the script ends it, and later operations are not reported.
progress_start() {
  if [ -n "${_progress_dir-}" ]; then
    progress_fail "The script began another operation"
  fi
  _progress_dir='' _progress_url='' _progress_guest='' _progress_ended=''
  _progress_begin "$@" || :
}

# progress_step TEXT [NAME=VALUE ...]: reports the current step and its details.
progress_step() {
  _progress_line "${1-}"
  _progress_record="step $_progress_text"
  [ $# -eq 0 ] || shift
  for _progress_detail in "$@"; do
    _progress_line "$_progress_detail"
    _progress_record="$_progress_record
detail $_progress_text"
  done
  _progress_write "$_progress_record" || :
}

# progress_advance [N]: adds N completed units; 1 without a number.
progress_advance() {
  ! _progress_number "${1-1}" || _progress_write "advance $_progress_text" || :
}

# progress_count DONE: sets the number of completed units.
progress_count() {
  ! _progress_number "${1-}" || _progress_write "count $_progress_text" || :
}

# progress_total TOTAL: sets the total of units; "unknown" for an unknown total.
progress_total() {
  if [ "${1-}" = unknown ]; then
    _progress_write "total null" || :
  else
    ! _progress_number "${1-}" || _progress_write "total $_progress_text" || :
  fi
}

# progress_succeed [JSON]: ends the operation as succeeded, with an optional result.
# shellcheck disable=SC2120 # The script passes the arguments.
progress_succeed() {
  _progress_line "${1-}"
  _progress_finish "succeeded $_progress_text" || :
}

# progress_fail TITLE [DETAIL]: ends the operation as failed, with the reason.
progress_fail() {
  _progress_line "${2-}"
  _progress_record="why $_progress_text"
  _progress_line "${1-The script failed}"
  _progress_finish "$_progress_record
failed $_progress_text" || :
}

# progress_cancelled: ends the operation as cancelled, after a cancel request.
progress_cancelled() {
  _progress_finish "cancelled -" || :
}

# progress_is_cancelled: succeeds after a cancel request (needs progress_start --cancellable).
progress_is_cancelled() {
  [ -n "${_progress_dir-}" ] && [ -e "$_progress_dir/cancelling" ]
}

# progress_ask [--default TEXT] [--timeout SECONDS] [--kind KIND] QUESTION [CHOICE ...]: asks the watchers, waits for the
# answer and prints it. Returns 0 for the first choice, 1 for the second one, and so on; without choices, any text is an
# answer, and the call returns 0. After SECONDS, the default is the answer. Prints nothing and returns 100 if there is no
# answer, 101 after a cancel request, and 102 if the operation has ended or the question is refused.
#
#   if progress_ask --default no --timeout 60 "Apply 3 changes?" yes no >/dev/null; then apply; fi
progress_ask() {
  _progress_default='' _progress_timeout='' _progress_kind=question
  while [ $# -gt 2 ]; do
    case $1 in
      --default) _progress_default=$2 ;;
      --timeout) _progress_timeout=$2 ;;
      --kind) _progress_kind=$2 ;;
      *) break ;;
    esac
    shift 2
  done
  _progress_valid "$@" || return 102
  _progress_question=$1
  shift
  _progress_status=0
  if [ -z "${_progress_dir-}" ]; then
    [ -z "${_progress_ended-}" ] || return 102
    [ -n "$_progress_default" ] || return 100
    _progress_answer=$_progress_default
  elif progress_is_cancelled; then
    return 101
  else
    _progress_wait "$@" || return $?
  fi
  [ $# -eq 0 ] || _progress_choice "$@" || _progress_status=$?
  [ "$_progress_status" -ge 100 ] || printf '%s\n' "$_progress_answer"
  return "$_progress_status"
}

# progress_url: prints the URL of the operation; prints nothing without an operation.
progress_url() {
  [ -z "${_progress_url-}" ] || printf '%s\n' "$_progress_url"
}

# The following functions are internal. Each variable is set before it is read, because the script may use `set -u`. A
# function that may fail is called with `|| :`, which also disables `set -e` in the function.

_progress_begin() {
  _progress_id='' _progress_cancellable=false
  while :; do
    case "${1-}" in
      --id) _progress_id=${2-} && shift 2 || return 1 ;;
      --cancellable) _progress_cancellable=true && shift ;;
      *) break ;;
    esac
  done
  case "${LIVE_PROGRESS_DISABLED-}" in '' | 0) ;; *) return 0 ;; esac
  command -v curl >/dev/null 2>&1 || return 0
  if [ -n "${LIVE_PROGRESS_URL-}" ]; then
    # The script has already ended its own operation.
    [ -z "${_progress_owner-}" ] || return 0
    if [ "${LIVE_PROGRESS_OWNER-}" = 1 ]; then _progress_owner=1; else _progress_guest=1; fi
    # Programs that the script starts are guests.
    unset LIVE_PROGRESS_OWNER
    _progress_url=${LIVE_PROGRESS_URL%%[?#]*}
  elif [ -n "${LIVE_PROGRESS_SERVER-}" ]; then
    [ -n "$_progress_id" ] || _progress_id=$(_progress_uuid)
    _progress_base=${LIVE_PROGRESS_SERVER%/}
    _progress_base=${_progress_base%/api/v1/progress}/api/v1/progress
    _progress_url=$_progress_base/$_progress_id
  else
    return 0
  fi
  _progress_dir=$(mktemp -d "${TMPDIR:-/tmp}/live-progress.XXXXXX" 2>/dev/null) || { _progress_dir='' && return 0; }
  _progress_line "${1-}" && _progress_title=$_progress_text
  _progress_line "${3-}" && _progress_unit=$_progress_text
  ! _progress_number "${2-}" || _progress_write "total $_progress_text"
  : >>"$_progress_dir/spool"
  _progress_hook
  # A background process of a subshell, so that a `wait` of the script does not wait for the process. The process closes
  # the script's descriptors, so that readers of the script's output see its end, and its locks are released. `exec`
  # closes them, because dash keeps the descriptors of a redirected function open.
  ( (exec </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- && _progress_send) &)
}

_progress_uuid() {
  { cat /proc/sys/kernel/random/uuid || uuidgen || od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; } 2>/dev/null
}

# Stores a text in _progress_text, with spaces instead of line ends.
_progress_line() {
  _progress_text=$1
  while :; do
    case $_progress_text in
      *"
"*) _progress_text="${_progress_text%%"
"*} ${_progress_text#*"
"}" ;;
      *) return 0 ;;
    esac
  done
}

# Stores a whole number in _progress_text, without leading zeros, which would make it octal; fails for other text.
_progress_number() {
  case $1 in '' | *[!0-9]* | ????????????????*) return 1 ;; esac
  _progress_text=$1
  while :; do
    case $_progress_text in 0?*) _progress_text=${_progress_text#0} ;; *) return 0 ;; esac
  done
}

# Appends text in a single write, so that lines of several processes do not mix.
_progress_write() {
  [ -n "${_progress_dir-}" ] && [ -d "$_progress_dir" ] || return 0
  printf '%s\n' "$1" 2>/dev/null >>"$_progress_dir/spool"
}

_progress_finish() {
  [ -n "${_progress_dir-}" ] || return 0
  if [ -n "$_progress_guest" ]; then
    _progress_write "leave -"
  else
    _progress_write "$1"
  fi
  _progress_leaving=$_progress_dir _progress_dir='' _progress_ended=1
}

# Sets an EXIT trap that then runs the script's own EXIT trap. A file is needed, because $(trap) is empty in dash.
_progress_hook() {
  if [ -n "${ZSH_VERSION-}" ]; then
    # In zsh, an EXIT trap that a function sets runs at the end of the function.
    eval 'typeset -ga zshexit_functions; zshexit_functions=(${zshexit_functions:#_progress_zshexit} _progress_zshexit)'
    return 0
  fi
  trap >|"$_progress_dir/trap"
  _progress_traps=$(cat "$_progress_dir/trap")
  case $_progress_traps in
    *_progress_exit*) return 0 ;;
    'trap -- '*) eval "_progress_keep ${_progress_traps#trap -- }" ;;
  esac
  [ -z "${BASH_VERSION-}" ] || _progress_hook_bash
  # Only the branches of an `if` get the exit code as $? and ignore `set -e`.
  trap 'if _progress_exit "$?"; then eval "${_progress_own-}"; else eval "${_progress_own-}"; fi' EXIT
}

# bash also runs its EXIT trap when a signal ends the shell, and the trap cannot distinguish that from success. So signals
# without a trap of the script get a trap, which reports the signal and then lets the signal end the script.
_progress_hook_bash() {
  case $_progress_traps in *SIGTERM*) ;; *) trap '_progress_signal TERM' TERM ;; esac
  case $_progress_traps in *SIGHUP*) ;; *) trap '_progress_signal HUP' HUP ;; esac
  # A foreground program may handle Ctrl-C itself. If Ctrl-C did not end the program, the script continues.
  # shellcheck disable=SC3045 # This is bash.
  case $_progress_traps in
    *SIGINT*) ;;
    *) trap '[ $? -ne 130 ] && [ "$(type -t "${BASH_COMMAND%% *}")" = file ] || _progress_signal INT' INT ;;
  esac
}

_progress_signal() {
  progress_fail "SIG$1 ended the script"
  trap - "$1"
  kill "-$1" "$$"
}

# Succeeds for a question that a server accepts: QUESTION [CHOICE ...].
_progress_valid() {
  [ -n "${1-}" ] && [ $# -le 17 ] || return 1
  case $_progress_kind in question | permission | input) ;; *) return 1 ;; esac
  if [ -n "$_progress_timeout" ]; then
    _progress_number "$_progress_timeout" && [ "$_progress_text" -gt 0 ] || return 1
    _progress_timeout=$_progress_text
  fi
  [ -n "$_progress_default" ] || return 0
  [ -n "$_progress_timeout" ] || return 1
  _progress_answer=$_progress_default
  shift
  [ $# -eq 0 ] || _progress_choice "$@" || [ $? -lt 100 ]
}

# Returns the position of the answer among the choices, counted from 0, or 100.
_progress_choice() {
  _progress_index=$(
    _progress_line "$_progress_answer" && _progress_json "$_progress_text"
    _answer=$_json _index=0
    for _choice in "$@"; do
      _progress_line "$_choice" && _progress_json "$_progress_text"
      [ "$_json" != "$_answer" ] || { printf '%s' "$_index" && exit; }
      _index=$((_index + 1))
    done
    printf 100
  )
  return "$_progress_index"
}

# Reports the question [CHOICE ...] and waits until the background process stores the answer. The name of the file is the
# name of the question, because several subshells may ask.
_progress_wait() {
  _progress_file=$(mktemp "$_progress_dir/ask.XXXXXX" 2>/dev/null) || return 102
  # $$ is the process of the script also in a subshell, such as that of a command substitution.
  _progress_record="ask ${_progress_file##*/} $(exec sh -c 'echo $PPID') ${_progress_timeout:-0} $_progress_kind"
  for _progress_text in "$@"; do
    _progress_line "$_progress_text"
    _progress_record="$_progress_record
choice $_progress_text"
  done
  if [ -n "$_progress_default" ]; then
    _progress_line "$_progress_default"
    _progress_record="$_progress_record
default $_progress_text"
  fi
  _progress_line "$_progress_question"
  _progress_write "$_progress_record
question $_progress_text" || :
  _progress_now
  # The clock counts whole seconds, so that one more is needed.
  _progress_until=$((_progress_time + ${_progress_timeout:-0} + 11))
  # The file gets a content at once, and is removed with the folder if the server refuses all reports.
  while [ -e "$_progress_file" ] && [ ! -s "$_progress_file" ]; do
    sleep 0.1 2>/dev/null || sleep 1
    _progress_now
    [ -z "$_progress_timeout" ] || [ "$_progress_time" -lt "$_progress_until" ] || break
  done
  _progress_read
}

# Stores the answer in _progress_answer, or returns 100 to 102.
_progress_read() {
  [ -e "$_progress_file" ] || return 102
  _progress_outcome=''
  ! [ -s "$_progress_file" ] || IFS= read -r _progress_outcome <"$_progress_file"
  if [ -z "$_progress_outcome" ]; then
    # The server is away until 10 seconds after the deadline.
    _progress_write "withdraw ${_progress_file##*/}" || :
    _progress_answer=$_progress_default
    [ -n "$_progress_answer" ] || return 100
  elif [ "$_progress_outcome" = answered ]; then
    _progress_answer=$(sed 1d "$_progress_file")
  else
    return "$_progress_outcome"
  fi
}

# Stores the seconds of a clock in _progress_time: on Linux, of one that nobody sets.
_progress_now() {
  if [ -r /proc/uptime ] && IFS=' .' read -r _progress_time _progress_text </proc/uptime; then return 0; fi
  _progress_time=$(date +%s)
}

_progress_keep() {
  case "${2-}" in EXIT | 0) _progress_own=$1 ;; esac
}

_progress_zshexit() {
  _progress_exit "$?"
}

_progress_exit() {
  if [ "$1" -eq 0 ]; then
    progress_succeed ""
  else
    progress_fail "The script ended with exit code $1"
  fi
  _progress_leave || :
  return "$1"
}

# Waits until all reports are sent, at most 2 seconds; does not wait if the last request failed.
_progress_leave() {
  [ -n "${_progress_leaving-}" ] || return 0
  _progress_turns=0
  while [ -d "$_progress_leaving" ] && [ ! -e "$_progress_leaving/failing" ] && [ "$_progress_turns" -lt 20 ]; do
    sleep 0.1 2>/dev/null || { sleep 1 && _progress_turns=$((_progress_turns + 9)); }
    _progress_turns=$((_progress_turns + 1))
  done
}

# The background process. It reads the lines, combines counts, keeps at most 64 waiting reports, and sends them to the
# server. It ends after the operation, or at the latest 10 seconds after the script.
_progress_send() {
  set +efuxC
  unset IFS
  # Texts are bytes: in a UTF-8 locale, `read` of bash joins a line that ends with an invalid byte with the next one. But
  # curl needs the locale of the script for an international host name.
  _locale=${LC_ALL-}
  export LC_ALL=C
  # Signals to the process group are for the script. This process only checks whether the script still runs.
  trap '' HUP INT QUIT TERM
  cd "$_progress_dir" || return 0
  _head=0 _tail=0 _number=0 _count=0 _ticks='' _step='' _details='' _total='' _why='' _ending='' _prefix=''
  _question='' _sent=''
  _last=0 _singly='' _failures=0 _hold=0 _until=0 _silent=0 _lines=0 _created=${LIVE_PROGRESS_URL:+1}
  if sleep 0.01 2>/dev/null; then _nap=0.25 _pace=4; else _nap=1 _pace=1; fi
  _progress_fields >|fields
  if [ -z "$_created" ]; then
    _progress_json "$_progress_title"
    _progress_put "{\"id\":\"$_progress_id\",\"cancellable\":$_progress_cancellable,\"title\":$_json}"
  fi
  if [ -n "$_progress_unit" ]; then
    _progress_json "$_progress_unit" && _progress_put "{\"unit\":$_json}"
  fi
  exec 3<spool
  while _progress_turn; do
    if [ "$_head" -ge "$_tail" ] || [ "$_hold" -gt 0 ]; then sleep "$_nap"; fi
  done
  _progress_answered 102
  rm -rf "$_progress_dir"
}

# Runs one round; fails when nothing remains to be sent.
_progress_turn() {
  _hold=$((_hold - 1)) _silent=$((_silent + 1))
  # Check the script before reading, so that all lines that it wrote before its end are read.
  _gone=''
  kill -0 "$$" 2>/dev/null || _gone=1
  # Detect an unreachable server before reading a long list of lines.
  [ "$_number" -gt 0 ] || [ "$_tail" -eq 0 ] || _progress_try || return 1
  _progress_drain
  [ -z "$_question" ] || _progress_follow
  if [ -n "$_gone" ] && [ -z "$_ending" ]; then
    _why='' && _progress_end failed "The script ended without reporting an end"
  fi
  if [ "$_head" -ge "$_tail" ]; then
    [ -z "$_ending" ] || return 1
    # An empty report every 20 seconds renews the lease of 60 seconds; the response also contains a cancel request.
    [ "$_silent" -lt $((20 * _pace)) ] || _progress_put '{}'
  fi
  if [ -n "$_ending" ]; then
    _now=$(date +%s)
    [ "$_until" -gt 0 ] || _until=$((_now + 10))
    [ "$_now" -le "$_until" ] || return 1
    # After half of the time, skip all waiting reports except the end.
    if [ -n "$_created" ] && [ "$_now" -gt $((_until - 5)) ] && [ "$_head" -lt "$_tail" ]; then _head=$((_tail - 1)); fi
  fi
  [ "$_head" -lt "$_tail" ] && [ "$_hold" -le 0 ] || return 0
  _progress_try
}

_progress_drain() {
  while IFS= read -r _line <&3 || { _prefix=$_prefix$_line && false; }; do
    _progress_take "$_prefix$_line"
    _prefix='' _lines=$((_lines + 1))
  done
  _progress_step_over
  # The end of the operation contains the counts, and no report follows it; a guest does not report the end.
  if [ "$_ticks" = 1 ] && [ "$_head" -ge "$_tail" ] && { [ -z "$_ending" ] || [ -n "$_progress_guest" ]; }; then
    _progress_counts && _progress_put "{$_counts}"
  fi
  # Replace a long list by a new file. A process that has just opened the old file has one round to write to it.
  if [ "$_lines" -gt 100000 ]; then
    mv spool old && : >>spool && _lines=0 _rest=2
  elif [ "${_rest:-0}" -gt 0 ]; then
    _rest=$((_rest - 1))
    [ "$_rest" -gt 0 ] || exec 3<spool
  fi
}

_progress_take() {
  _text=${1#* }
  [ "${1%% *}" = detail ] || _progress_step_over
  [ -z "$_ending" ] || return 0
  case ${1%% *} in
    advance) _count=$((_count + _text)) _ticks=1 ;;
    count) [ "$_text" -le "$_count" ] || _count=$_text _ticks=1 ;;
    total) _total=$_text _ticks=1 ;;
    step) _step=$_text _details='' _pending=1 ;;
    detail)
      _progress_json "${_text%%=*}" && _name=$_json
      _progress_value "${_text#*=}" && _details="$_details${_details:+,}$_name:$_json"
      ;;
    why) _why=$_text ;;
    ask) _progress_asks "$_text" ;;
    choice) _progress_json "$_text" && _choices="$_choices${_choices:+,}$_json" ;;
    default) _progress_json "$_text" && _default=$_json ;;
    question) _progress_question "$_text" ;;
    withdraw) [ "$_question" != "$_text" ] || _progress_withdraw ;;
    leave | succeeded | failed | cancelled) _progress_end "${1%% *}" "$_text" ;;
  esac
}

_progress_step_over() {
  [ -n "${_pending-}" ] || return 0
  _pending=''
  _progress_json "$_step"
  _progress_counts || :
  _progress_put "{\"state\":$_json,\"details\":{$_details}${_counts:+,$_counts}}"
}

_progress_end() {
  _ending=1
  # The reports that wait may be dropped.
  [ "$_head" -ge "$_tail" ] || _progress_recount
  _progress_counts || :
  if [ -n "$_progress_guest" ]; then
    [ -z "$_counts" ] || _progress_put "{$_counts}"
    return 0
  fi
  _progress_plain="{\"status\":\"$1\"${_counts:+,$_counts}}"
  case $1 in
    succeeded) _more="${2:+,\"result\":$2}" ;;
    failed)
      _progress_json "$2"
      _more=",\"error\":{\"type\":\"urn:live-progress:problem:command-failed\",\"title\":$_json"
      _progress_json "$_why"
      _more="$_more${_why:+,\"detail\":$_json}}"
      ;;
    *) _more='' ;;
  esac
  _progress_put "${_progress_plain%\}}$_more}"
}

# Stores the unsent counts in _counts as JSON members; fails if there are none. _ticks is 1 if there are, 0 if all counts
# were sent, and empty if the script has reported none.
_progress_counts() {
  _counts=''
  [ "$_ticks" = 1 ] || return 1
  _ticks=0
  _counts="\"completedCount\":$_count${_total:+,\"totalCount\":$_total}"
}

# Sends the counts again, because the report that contained them may be dropped.
_progress_recount() {
  _ticks=${_ticks:+1}
}

# Appends a report to the queue. Over 64 reports, drops the oldest one, but never the creation.
_progress_put() {
  _tail=$((_tail + 1))
  printf '%s' "$1" >"report.$_tail"
  [ $((_tail - _head)) -gt 64 ] || return 0
  _progress_recount
  if [ -z "$_created" ] && [ "$_head" -eq 0 ]; then
    rm -f "report.$((_tail - 63))"
  else
    _head=$((_head + 1))
    rm -f "report.$_head"
  fi
}

# Sends the first report of the queue, together with the following ones; fails if the server refuses all reports.
_progress_try() {
  _number=$((_head + 1)) _silent=0
  [ "$_last" -ge "$_number" ] || _progress_batch || return 0
  set -- -X PATCH "$_progress_url" -H "Content-Type: application/x-ndjson"
  [ -n "$_created" ] || set -- -X POST "$_progress_base" -H "Content-Type: application/json"
  : >|fields.answer && : >|answer
  # The limit of files also ends a body of unknown length: with an ignored signal, curl reports the status and an error.
  _code=$(trap '' XFSZ && ulimit -f 8192; LC_ALL=$_locale curl -q -s -K fields "$@" --data-binary @reports.batch \
    -H "Idempotency-Key: $_key-$_last" -m "$([ -n "$_ending" ] && echo 3 || echo 10)" --connect-timeout 3 \
    --max-filesize 4194304 -D fields.answer -o answer -w '%{http_code}')
  case $_code in
    2??)
      set -- failing
      while [ "$_head" -lt "$_last" ]; do
        _head=$((_head + 1))
        set -- "$@" "report.$_head"
      done
      _created=1 _failures=0 _hold=0
      rm -f "$@"
      [ -z "$_question" ] || [ "$_head" -lt "$_report" ] || _sent=1
      _progress_heard answer fields.answer
      if grep -q '"cancelling"' answer && _progress_asked; then : >>cancelling; fi
      ;;
    000 | '' | 408 | 425 | 429 | 500 | 502 | 503 | 504) _progress_later ;;
    400 | 413 | 415 | 422) _progress_invalid ;;
    *) return 1 ;;
  esac
}

# Succeeds if the operation's own status is "cancelling": outside of texts, its member is in one pair of braces.
_progress_asked() {
  sed 's/\\.//g' answer | awk -v RS='"' '
    NR % 2 { depth += gsub(/[{]/, ""); depth -= gsub(/[}]/, ""); is_value = /:/; next }
    depth == 1 && is_value && name == "status" && $0 == "cancelling" { found = 1 }
    { name = $0 }
    END { exit !found }'
}

# Begins a question: NAME PROCESS SECONDS KIND.
_progress_asks() {
  _progress_answered 100
  _kind=${1##* } _name=${1%% *} _seconds=${1#* } _choices='' _default=''
  _asker=${_seconds%% *} _seconds=${_seconds#* } && _seconds=${_seconds%% *}
}

# Reports the question whose parts were read before.
_progress_question() {
  _question=$_name _sent='' _asked=0 _tag='' _pause=0
  _progress_json "$1" && _message=$_json
  _asking="\"kind\":\"$_kind\",\"message\":$_message${_choices:+,\"choices\":[$_choices]}${_default:+,\"default\":$_default}"
  [ "$_seconds" = 0 ] || _asking="$_asking,\"timeout\":$_seconds"
  _progress_put "{\"waitingFor\":{$_asking}}"
  _report=$_tail
}

_progress_withdraw() {
  _progress_put '{"waitingFor":null}'
  _progress_unfollow
}

# Ends the open question: stores the answer for progress_ask, or 100 to 102.
_progress_answered() {
  [ -n "$_question" ] || return 0
  { printf '%s\n' "$1" && [ "$1" != answered ] || sed 1,6d heard; } >outcome
  [ ! -e "$_question" ] || mv -f outcome "$_question"
  _progress_unfollow
}

# Ends the request that waits for the answer, which ignores other signals as this process does.
_progress_unfollow() {
  _question=''
  [ -z "${_curl-}" ] || kill -KILL "$_curl" 2>/dev/null || :
  _curl='' && rm -f poll.*
}

# Looks after the open question once in each round.
_progress_follow() {
  if ! kill -0 "$_asker" 2>/dev/null; then
    # The subshell that asks was ended.
    _progress_withdraw
  elif [ -z "$_sent" ]; then
    # The report was dropped from a full queue.
    [ -e "report.$_report" ] || [ "$_report" -le "$_last" ] || { _progress_put "{\"waitingFor\":{$_asking}}" && _report=$_tail; }
  elif [ -n "${_curl-}" ]; then
    [ ! -s poll.code ] || _progress_polled
  else
    _pause=$((_pause - 1))
    [ "$_pause" -gt 0 ] || _progress_poll
  fi
}

# Begins a request that waits up to 30 seconds for a new revision.
_progress_poll() {
  set -- -H "Accept: application/json" -H "Prefer: wait=30"
  [ -z "$_tag" ] || set -- "$@" -H "If-None-Match: $_tag"
  : >poll.fields && : >poll.answer
  LC_ALL=$_locale curl -q -s -K fields "$_progress_url" "$@" -m 40 --connect-timeout 3 --max-filesize 4194304 \
    -D poll.fields -o poll.answer -w '%{http_code}' >poll.code &
  _curl=$!
}

_progress_polled() {
  _curl=''
  case $(cat poll.code) in
    200) _progress_heard poll.answer poll.fields ;;
    304) ;;
    *)
      # Without a watch, the responses to empty reports bring the answer, every 2 seconds.
      _pause=$((2 * _pace))
      [ "$_head" -lt "$_tail" ] || _progress_put '{}'
      ;;
  esac
}

# Learns the answer from a snapshot and the fields of its response.
_progress_heard() {
  [ -n "$_question" ] && [ -n "$_sent" ] || return 0
  _progress_members "$1" >|heard
  {
    IFS= read -r _status && IFS= read -r _open && IFS= read -r _open_message
    IFS= read -r _done && IFS= read -r _done_message && IFS= read -r _has_answer
  } <heard
  _tag=$(tr -d '\r' <"$2" | sed -n 's/^[Ee][Tt][Aa][Gg]: *//p' | tail -n 1)
  # The question may be answered before the response to its report arrives, or be replaced.
  if [ "$_asked" = 0 ]; then
    _progress_json "$_open_message"
    if [ "$_open" -gt "${_floor:-0}" ] && [ "$_json" = "$_message" ]; then _asked=$_open; fi
    _progress_json "$_done_message"
    if [ "$_asked" = 0 ] && [ "$_done" -gt "${_floor:-0}" ] && [ "$_json" = "$_message" ]; then _asked=$_done; fi
    [ "$_asked" = 0 ] || _floor=$_asked
  fi
  if [ "$_asked" != 0 ] && [ "$_done" = "$_asked" ]; then
    if [ "$_has_answer" = 1 ]; then _progress_answered answered; else _progress_answered 100; fi
  else
    case $_status in
      cancelling) : >>cancelling && _progress_answered 101 ;;
      succeeded | failed | cancelled) _progress_answered 102 ;;
      *) [ "$_open" = "$_asked" ] && [ "$_open" != 0 ] || _progress_answered 100 ;;
    esac
  fi
}

# Prints the members of a snapshot that are about a question, one in a line: the status, the number and the message of the
# open question, the number and the message of the last answer, whether it has a text, and the text. Outside of texts, a
# snapshot has only braces, brackets, commas, colons, numbers and words, so that each quotation mark begins or ends a text.
_progress_members() {
  sed 's/\\\\/\\u005c/g; s/\\"/\\u0022/g' "$1" | awk -v RS='"' '
    function code(text, i, value) {
      value = 0
      for (i = 1; i <= 4; i++) value = value * 16 + index("0123456789abcdef", tolower(substr(text, i, 1))) - 1
      return value
    }
    function utf8(value) {
      if (value < 128) return sprintf("%c", value)
      if (value < 2048) return sprintf("%c%c", 192 + int(value / 64), 128 + value % 64)
      if (value < 65536) return sprintf("%c%c%c", 224 + int(value / 4096), 128 + int(value / 64) % 64, 128 + value % 64)
      return sprintf("%c%c%c%c", 240 + int(value / 262144), 128 + int(value / 4096) % 64, 128 + int(value / 64) % 64, 128 + value % 64)
    }
    function plain(text, result, at, kind, value) {
      result = ""
      while (at = index(text, "\\")) {
        result = result substr(text, 1, at - 1)
        kind = substr(text, at + 1, 1)
        text = substr(text, at + 2)
        if (kind == "u") {
          value = code(text)
          text = substr(text, 5)
          if (value >= 55296 && value < 56320 && text ~ /^.u/) {
            value = 65536 + (value - 55296) * 1024 + code(substr(text, 3)) - 56320
            text = substr(text, 7)
          }
          result = result (value ? utf8(value) : "")
        } else result = result (kind == "n" ? "\n" : kind == "t" ? "\t" : kind == "r" ? "\r" : kind == "/" ? "/" : " ")
      }
      return result text
    }
    function line(text) { gsub(/[\001-\037]/, " ", text); return text }
    # Between texts: the depth, and the number or the word after the colon of a member.
    NR % 2 {
      if (is_value = /^[ \t\r\n]*:/) {
        value = $0
        gsub(/^[ \t\r\n]*:[ \t\r\n]*/, "", value)
        if (depth == 2 && name == "number") number[outer] = value + 0
      }
      for (i = 1; i <= length($0); i++) {
        mark = substr($0, i, 1)
        if (mark == "{" || mark == "[") { if (++depth == 2) outer = mark == "{" ? name : "" }
        if (mark == "}" || mark == "]") depth--
      }
      next
    }
    is_value && depth == 1 && name == "status" { status = $0 }
    is_value && depth == 2 && name == "message" { message[outer] = plain($0) }
    is_value && depth == 2 && name == "answer" && outer == "lastAnswer" { has_answer = 1; answer = plain($0) }
    { name = $0 }
    END {
      print status
      print number["waitingFor"] + 0
      print line(message["waitingFor"])
      print number["lastAnswer"] + 0
      print line(message["lastAnswer"])
      print has_answer + 0
      printf "%s", answer
    }'
}

# Builds a request from the next report, and from further ones up to 256 kB; the request does not change until it is accepted
# or refused.
_progress_batch() {
  # This report was dropped from a full queue.
  [ -e "report.$_number" ] || { _head=$_number && return 1; }
  _last=$_number
  set -- "report.$_number"
  while [ -n "$_created" ] && [ -z "$_singly" ] && [ "$_last" -lt "$_tail" ] && [ -e "report.$((_last + 1))" ]; do
    _last=$((_last + 1))
    set -- "$@" "report.$_last"
  done
  _last=$(awk -v last="$_head" '
    { size += length($0) + 1 }
    NR > 1 && size > 262144 { exit }
    { print >"reports.batch"; last++ }
    END { print last }' "$@")
  [ -n "$_last" ] || _last=$_number
}

# Sets the delay after a failure: Retry-After, or else an increasing delay.
_progress_later() {
  : >>failing
  _failures=$((_failures + 1))
  _wait=$(tr -d '\r' <fields.answer | sed -n 's/^[Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]: *\([0-9]\{1,5\}\)$/\1/p' | tail -n 1)
  if [ -n "$_wait" ]; then
    _hold=$((_wait * _pace + 1))
  else
    _hold=$((_failures < 6 ? _failures * _failures : 36))
    # Part of the delay is random, so that not all scripts retry at the same time.
    _hold=$((_hold * _pace * (50 + ($$ + _number * 37) % 50) / 400 + 1))
  fi
}

# Drops a report that the server refuses as invalid; sends an invalid end again without its result or error.
_progress_invalid() {
  [ -n "$_created" ] || return 1
  if [ "$_last" -gt "$_number" ]; then
    # The server has applied the reports before the invalid one.
    _singly=1 _taken=$(sed -n 's/.*"applied": *\([0-9]*\).*/\1/p' answer)
    _head=$((_head + ${_taken:-0}))
  elif [ -n "$_ending" ] && [ "$_number" -eq "$_tail" ] && [ -n "${_progress_plain-}" ]; then
    printf '%s' "$_progress_plain" >"report.$_number"
    _progress_plain=''
  else
    # A report of counts alone is not repeated.
    ! grep -q '^{"state"' "report.$_number" || _progress_recount
    [ -z "$_question" ] || [ "$_report" != "$_number" ] || _progress_answered 102
    _head=$_number
  fi
  _last=$_head _key=$_key-again
}

# Writes the token and the CA to a file, because other users can read arguments.
_progress_fields() {
  _key=$(_progress_uuid)
  if [ -n "${LIVE_PROGRESS_TOKEN-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$LIVE_PROGRESS_TOKEN" | tr -d '"\\[:space:]')"
  fi
  [ -z "${LIVE_PROGRESS_CA-}" ] || printf 'cacert = "%s"\n' "$(printf '%s' "$LIVE_PROGRESS_CA" | sed 's/["\\]/\\&/g')"
}

# Stores a text as JSON in _json, with at most 16 kB. Text without special characters starts no process.
_progress_json() {
  if [ ${#1} -le 16000 ]; then
    case $1 in
      *[!A-Za-z0-9\ ._:/,=+@-]*) ;;
      *) _json="\"$1\"" && return 0 ;;
    esac
  fi
  _json="\"$(printf '%s' "$1" | _progress_utf8 | LC_ALL=C sed 's/["\\]/\\&/g')\""
}

# Shortens a text, removes control characters and replaces invalid bytes. It encloses each valid sequence of UTF-8 in two
# control characters, so that all bytes over 127 outside of them are invalid.
_progress_utf8() {
  LC_ALL=C awk '{
    if (length($0) > 16000) {
      $0 = substr($0, 1, 16000)
      sub(/[\300-\377][\200-\277]*$/, "")
      $0 = $0 "..."
    }
    gsub(/\t/, " ")
    gsub(/[\001-\037]/, "")
    gsub(/[\302-\337][\200-\277]/, "\001&\001")
    gsub(/\340[\240-\277][\200-\277]|\355[\200-\237][\200-\277]|[\341-\354\356\357][\200-\277][\200-\277]/, "\001&\001")
    gsub(/(\360[\220-\277]|[\361-\363][\200-\277]|\364[\200-\217])[\200-\277][\200-\277]/, "\001&\001")
    count = split($0, parts, "\001")
    for (i = 1; i <= count; i++) {
      if (i % 2) gsub(/[\200-\377]/, "\357\277\275", parts[i])
      printf "%s", parts[i]
    }
  }'
}

# Stores the value of a detail as JSON: a number or a text.
_progress_value() {
  case $1 in
    '' | *[!0-9]* | 0?* | ????????????????*) _progress_json "$1" ;;
    *) _json=$1 ;;
  esac
}
