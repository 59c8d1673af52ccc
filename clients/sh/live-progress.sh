# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# For scripts that say how they are going:
#
#   . live-progress.sh
#   progress_start "Backup" 12 files     # and when the script ends, so does the operation: as the exit code says
#   progress_step "Dump" table=customers
#   progress_advance
#
# No call waits, fails or prints. Calls append lines to a file; one process in the background brings them to the server.

# progress_start [--id ID] [--cancellable] TITLE [TOTAL [UNIT]]: begins an operation on $LIVE_PROGRESS_SERVER. Where
# $LIVE_PROGRESS_URL is set, it reports on that operation, and leaves its end to whoever began it.
progress_start() {
  if [ -n "${_progress_dir-}" ]; then
    progress_fail "The script began another operation"
  fi
  _progress_dir='' _progress_url='' _progress_guest='' _progress_ended=''
  _progress_begin "$@" || :
}

# progress_step TEXT [NAME=VALUE ...]: what the script is doing now, and details beside it.
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

# progress_advance [N]: so many more units are done; 1 without a number.
progress_advance() {
  ! _progress_number "${1-1}" || _progress_write "advance $_progress_text" || :
}

# progress_count DONE: so many units are done in all.
progress_count() {
  ! _progress_number "${1-}" || _progress_write "count $_progress_text" || :
}

# progress_total TOTAL: so many units there are; "unknown" where nobody knows.
progress_total() {
  if [ "${1-}" = unknown ]; then
    _progress_write "total null" || :
  else
    ! _progress_number "${1-}" || _progress_write "total $_progress_text" || :
  fi
}

# progress_succeed [JSON]: the end, with a result.
# shellcheck disable=SC2120 # It is the script that gives arguments.
progress_succeed() {
  _progress_line "${1-}"
  _progress_finish "succeeded $_progress_text" || :
}

# progress_fail TITLE [DETAIL]: the end, and why.
progress_fail() {
  _progress_line "${2-}"
  _progress_record="why $_progress_text"
  _progress_line "${1-The script failed}"
  _progress_finish "$_progress_record
failed $_progress_text" || :
}

# progress_cancelled: the end of a script that was asked to stop.
progress_cancelled() {
  _progress_finish "cancelled -" || :
}

# progress_is_cancelled: whether somebody asked this script to stop (after progress_start --cancellable).
progress_is_cancelled() {
  [ -n "${_progress_dir-}" ] && [ -e "$_progress_dir/cancelling" ]
}

# progress_url: prints where the operation is to be watched; nothing where there is none.
progress_url() {
  [ -z "${_progress_url-}" ] || printf '%s\n' "$_progress_url"
}

# What follows is not for scripts. Every variable is set before it is read, since the script may have `set -u`, and a
# function that may fail is called with `|| :`, which also keeps `set -e` out of it.

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
    _progress_guest=1 _progress_url=${LIVE_PROGRESS_URL%%[?#]*}
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
  # Twice in the background, so that a `wait` of the script does not wait for this; and without what the script has
  # open, so that whoever reads its output sees the end of it, and its locks end with it. By `exec`, since dash keeps
  # what a redirected function had open.
  ( (exec </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- && _progress_send) &)
}

_progress_uuid() {
  { cat /proc/sys/kernel/random/uuid || uuidgen || od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; } 2>/dev/null
}

# Puts a text without line ends into _progress_text.
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

# Puts a whole number into _progress_text, without zeros that would make it octal; fails where it is none.
_progress_number() {
  case $1 in '' | *[!0-9]* | ????????????????*) return 1 ;; esac
  _progress_text=$1
  while :; do
    case $_progress_text in 0?*) _progress_text=${_progress_text#0} ;; *) return 0 ;; esac
  done
}

# One write, so that lines of several processes do not mix.
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

# Goes before the EXIT trap that the script has. $(trap) would be empty in dash, hence the file.
_progress_hook() {
  if [ -n "${ZSH_VERSION-}" ]; then
    # There a trap that a function sets for EXIT is of the function.
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
  # The branches of an `if` alone see the exit code as $? and are not ended by `set -e`.
  trap 'if _progress_exit "$?"; then eval "${_progress_own-}"; else eval "${_progress_own-}"; fi' EXIT
}

# bash runs its EXIT trap at a signal that ends it, too, where nothing tells it from success. So a signal that the script
# leaves alone is noticed first, and then ends it as it would.
_progress_hook_bash() {
  case $_progress_traps in *SIGTERM*) ;; *) trap '_progress_signal TERM' TERM ;; esac
  case $_progress_traps in *SIGHUP*) ;; *) trap '_progress_signal HUP' HUP ;; esac
  # A program in the foreground may take Ctrl-C for itself; where it did not end by it, the script goes on.
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

# Waits until all has been sent, for 2 seconds at most, and not where the server has not answered before.
_progress_leave() {
  [ -n "${_progress_leaving-}" ] || return 0
  _progress_turns=0
  while [ -d "$_progress_leaving" ] && [ ! -e "$_progress_leaving/failing" ] && [ "$_progress_turns" -lt 20 ]; do
    sleep 0.1 2>/dev/null || { sleep 1 && _progress_turns=$((_progress_turns + 9)); }
    _progress_turns=$((_progress_turns + 1))
  done
}

# The process in the background. It reads the lines, folds counts together, keeps at most 64 reports that wait, and
# brings them to the server one by one. It ends with the operation, or 10 seconds after the script at the latest.
_progress_send() {
  set +efuxC
  unset IFS
  # Signals to the script's group are the script's to decide on; what becomes of it is seen here.
  trap '' HUP INT QUIT TERM
  cd "$_progress_dir" || return 0
  _head=0 _tail=0 _number=0 _count=0 _ticks='' _step='' _details='' _total='' _why='' _ending='' _prefix=''
  _last=0 _singly='' _failures=0 _hold=0 _until=0 _silent=0 _lines=0 _created=$_progress_guest
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

# One round; fails when all is over.
_progress_turn() {
  _hold=$((_hold - 1)) _silent=$((_silent + 1))
  # The script is looked at first: what it wrote before it ended is read after that.
  _gone=''
  kill -0 "$$" 2>/dev/null || _gone=1
  # A server that is away is known before a long list has been read.
  [ "$_number" -gt 0 ] || [ "$_tail" -eq 0 ] || _progress_try || return 1
  _progress_drain
  if [ -n "$_gone" ] && [ -z "$_ending" ]; then
    _why='' && _progress_end failed "The script ended without a word"
  fi
  if [ "$_head" -ge "$_tail" ]; then
    [ -z "$_ending" ] || return 1
    # Silence is renewed every 20 seconds, well within the lease of 60; the answer tells of a request to stop.
    [ "$_silent" -lt $((20 * _pace)) ] || _progress_put '{}'
  fi
  if [ -n "$_ending" ]; then
    _now=$(date +%s)
    [ "$_until" -gt 0 ] || _until=$((_now + 10))
    [ "$_now" -le "$_until" ] || return 1
    # Half of the time is over: rather the end alone than nothing of it.
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
  if [ -n "$_ticks" ] && [ "$_head" -ge "$_tail" ]; then
    _progress_counts && _progress_put "{$_counts}"
  fi
  # A long list begins anew. Who opened the old one just now has a turn's time to write to it.
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
    leave)
      _ending=1
      if _progress_counts; then _progress_put "{$_counts}"; fi
      ;;
    succeeded | failed | cancelled) _progress_end "${1%% *}" "$_text" ;;
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
  if [ -n "$_progress_guest" ]; then return 0; fi
  _progress_counts || :
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

# Puts the counts that the server has still to get into _counts, as members; fails where there are none.
_progress_counts() {
  _counts=''
  [ -n "$_ticks" ] || return 1
  _ticks=''
  _counts="\"completedCount\":$_count${_total:+,\"totalCount\":$_total}"
}

# Puts a report at the end of the queue. Past 64 the oldest goes, but never the creation.
_progress_put() {
  _tail=$((_tail + 1))
  printf '%s' "$1" >"report.$_tail"
  [ $((_tail - _head)) -gt 64 ] || return 0
  if [ -z "$_created" ] && [ "$_head" -eq 0 ]; then
    rm -f "report.$((_tail - 63))"
  else
    _head=$((_head + 1))
    rm -f "report.$_head"
  fi
}

# Sends the first of the queue, with those behind it; fails where the server takes no more.
_progress_try() {
  _number=$((_head + 1)) _silent=0
  [ "$_last" -ge "$_number" ] || _progress_batch || return 0
  set -- -X PATCH "$_progress_url" -H "Content-Type: application/x-ndjson"
  [ -n "$_created" ] || set -- -X POST "$_progress_base" -H "Content-Type: application/json"
  : >|fields.answer && : >|answer
  _code=$(curl -q -s -K fields "$@" --data-binary @reports.batch -H "Idempotency-Key: $_key-$_last" \
    -m "$([ -n "$_ending" ] && echo 3 || echo 10)" --connect-timeout 3 -D fields.answer -o answer -w '%{http_code}')
  case $_code in
    2??)
      set -- failing
      while [ "$_head" -lt "$_last" ]; do
        _head=$((_head + 1))
        set -- "$@" "report.$_head"
      done
      _created=1 _failures=0 _hold=0
      rm -f "$@"
      ! grep -q '"status":"cancelling"' answer || : >>cancelling
      ;;
    000 | '' | 408 | 425 | 429 | 500 | 502 | 503 | 504) _progress_later ;;
    400 | 422) _progress_invalid ;;
    *) return 1 ;;
  esac
}

# Puts the next reports into one request, which stays as it is until it has been taken or refused.
_progress_batch() {
  # One that was dropped behind the creation.
  [ -e "report.$_number" ] || { _head=$_number && return 1; }
  _last=$_number
  set -- "report.$_number"
  while [ -n "$_created" ] && [ -z "$_singly" ] && [ "$_last" -lt "$_tail" ] && [ -e "report.$((_last + 1))" ]; do
    _last=$((_last + 1))
    set -- "$@" "report.$_last"
  done
  awk 1 "$@" >|reports.batch
}

# The server is away or busy: the next try waits as it says, else longer each time.
_progress_later() {
  : >>failing
  _failures=$((_failures + 1))
  _wait=$(tr -d '\r' <fields.answer | sed -n 's/^[Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]: *\([0-9]\{1,5\}\)$/\1/p' | tail -n 1)
  if [ -n "$_wait" ]; then
    _hold=$((_wait * _pace + 1))
  else
    _hold=$((_failures < 6 ? _failures * _failures : 36))
    # Part of it by chance, so that many scripts do not come back at once.
    _hold=$((_hold * _pace * (50 + ($$ + _number * 37) % 50) / 400 + 1))
  fi
}

# A report that the server cannot take goes; an end is said without what was wrong with it.
_progress_invalid() {
  [ -n "$_created" ] || return 1
  if [ "$_last" -gt "$_number" ]; then
    # Of several, those before it have been taken.
    _singly=1 _taken=$(sed -n 's/.*"applied": *\([0-9]*\).*/\1/p' answer)
    _head=$((_head + ${_taken:-0}))
  elif [ -n "$_ending" ] && [ "$_number" -eq "$_tail" ] && [ -n "${_progress_plain-}" ]; then
    printf '%s' "$_progress_plain" >"report.$_number"
    _progress_plain=''
  else
    _head=$_number
  fi
  _last=$_head _key=$_key-again
}

# What goes with every request, in a file: others on the machine can read arguments.
_progress_fields() {
  _key=$(_progress_uuid)
  if [ -n "${LIVE_PROGRESS_TOKEN-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$LIVE_PROGRESS_TOKEN" | tr -d '"\\[:space:]')"
  fi
  [ -z "${LIVE_PROGRESS_CA-}" ] || printf 'cacert = "%s"\n' "$(printf '%s' "$LIVE_PROGRESS_CA" | sed 's/["\\]/\\&/g')"
}

# Puts a text as JSON into _json. What needs no care starts no process.
_progress_json() {
  case $1 in
    *[!A-Za-z0-9\ ._:/,=+@-]*) _json=$(printf '%s' "$1" | tr '\t' ' ' | tr -d '\000-\037' | sed 's/["\\]/\\&/g') ;;
    *) _json=$1 ;;
  esac
  _json="\"$_json\""
}

# The value of a detail: a number as such, else a text.
_progress_value() {
  case $1 in
    '' | *[!0-9]* | 0?* | ????????????????*) _progress_json "$1" ;;
    *) _json=$1 ;;
  esac
}
