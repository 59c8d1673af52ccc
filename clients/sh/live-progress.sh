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
# No call waits, fails or prints. Calls append lines to a file; a background process sends the lines to the server.

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
  _json="\"$(printf '%s' "$1" | _progress_utf8 | sed 's/["\\]/\\&/g')\""
}

# Shortens a text, removes control characters and replaces invalid bytes. It encloses each valid sequence of UTF-8 in two
# control characters, so that all bytes over 127 outside of them are invalid.
_progress_utf8() {
  awk '{
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
