# shellcheck shell=bash
# Processes of a lab: each is known by a file with its number in the state directory.

# started_at PID: when the kernel started it, in ticks since boot; nothing when it is gone.
started_at() {
    local stat words
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # The name in brackets may hold spaces; the start time is the 20th word after it.
    read -ra words <<<"${stat##*) }"
    echo "${words[19]}"
}

# is_running NAME: whether that process of this lab lives (a zombie does not).
is_running() {
    local pid letter
    pid=$(cat "$STATE/$1.pid" 2>/dev/null) && [[ -n $pid ]] || return 1
    letter=$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2>/dev/null) || return 1
    [[ $letter != Z ]]
}

is_gone() {
    ! is_running "$1"
}

# send SIGNAL NAME: to that process, if it is one of the lab's own namespaces.
send() {
    is_running "$2" || die "$2 does not run"
    local pid
    pid=$(<"$STATE/$2.pid")
    ip netns identify "$pid" | grep -q "^tml-$LAB-" || die "$2.pid is not of this lab"
    kill "-$1" "$pid"
}

# stop NAME SECONDS: asks it to end and waits for it.
stop() {
    send TERM "$1"
    until_true "$2" is_gone "$1" || die "$1 does not end within $2 s"
}

# clock SECONDS: what --clock promises. The kernel's notice of a clock that was set is all that
# libfaketime leaves out, so the daemon is made to look by SIGHUP.
clock() {
    [[ -n $CLOCK ]] || die "the lab has no clock of its own: lab up --clock"
    [[ ${1-} =~ ^[0-9]+$ ]] || die "clock: a number of seconds is missing"
    echo "+$1" >"$STATE/clock.new"
    mv "$STATE/clock.new" "$STATE/clock"
    ! is_running daemon || send HUP daemon
}

# by_clock: what to put before a command that is to go by that clock, in the array BY_CLOCK. Only the wall
# clock is moved: the hooks, which OpenVPN runs, share the other ones.
by_clock() {
    local libraries=(/usr/lib/*/faketime/libfaketimeMT.so.1)
    BY_CLOCK=()
    [[ -n $CLOCK ]] || return 0
    [[ -e ${libraries[0]} ]] || die "libfaketime is missing: make setup installs it"
    BY_CLOCK=(env LD_PRELOAD="${libraries[0]}" FAKETIME_TIMESTAMP_FILE="$STATE/clock"
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
}

# spawn NAMESPACE NAME COMMAND...: in the background, its output in NAME.log, by the lab's clock.
spawn() {
    local namespace=$1 name=$2
    shift 2
    by_clock
    ip netns exec "$namespace" setsid "${BY_CLOCK[@]}" "$@" </dev/null >>"$STATE/$name.log" 2>&1 &
    echo $! >"$STATE/$name.pid"
    disown
}
