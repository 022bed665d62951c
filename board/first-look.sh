#!/bin/sh
# first-look.sh: run as root on a board that temoin runs on; it takes half a minute. Prints one block
# to paste into a report: what the board is, and what temoin costs it. No address, no name and nothing
# of the record is in it. It needs only what every Debian has.
set -u

line() {
    printf '%-14s %s\n' "$1:" "$2"
}

# content FILE...: of the first that can be read, on one line.
content() {
    for file in "$@"; do
        if [ -r "$file" ]; then
            tr '\000\n' '  ' <"$file" | sed 's/ *$//'
            return
        fi
    done
    printf 'unknown'
}

kibibytes() {
    sed -n "s/^$2:[[:space:]]*\([0-9]*\) kB/\1 KiB/p" "$1"
}

figure() {
    sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "$1"
}

program=$(systemctl show --property ExecStart --value temoin 2>/dev/null \
    | sed -n 's/.*path=\([^ ;]*\).*/\1/p')
program=${program:-$(command -v temoin)}
if [ -z "$program" ]; then
    echo 'first-look: temoin is not on this board' >&2
    exit 1
fi
process=$(systemctl show --property MainPID --value temoin 2>/dev/null)

echo '--- temoin: first look'
line board "$(content /proc/device-tree/model /sys/class/dmi/id/product_name)"
line processors "$(nproc), $(uname -m)"
line memory "$(kibibytes /proc/meminfo MemTotal), $(kibibytes /proc/meminfo MemAvailable) of it available"
line kernel "$(uname -sr)"
line system "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)"
line uptime "$(cut -d ' ' -f 1 /proc/uptime) s"

clocks=$(cat /sys/class/rtc/*/name 2>/dev/null | tr '\n' ' ')
line 'clock source' "$(content /sys/devices/system/clocksource/clocksource0/current_clocksource)"
line 'clock chip' "${clocks:-none}"
line 'clock kept by' "$(if [ -e /etc/fake-hwclock.data ]; then echo fake-hwclock; else echo 'nothing that is known'; fi)"
line synchronised "$(timedatectl show --property NTPSynchronized --value 2>/dev/null || echo unknown)"

partition=$(findmnt --noheadings --output SOURCE --target "$(dirname "$program")")
disk=$(lsblk --noheadings --output PKNAME "$partition" 2>/dev/null | head -n 1)
card=/sys/class/block/${disk:-none}
line card "$disk $(content "$card/device/name" "$card/device/model"), $(content "$card/size") sectors, made $(content "$card/device/date")"
# Only eMMC tells; a memory card keeps it to itself.
line 'card wear' "life used $(content "$card/device/life_time"), end of life $(content "$card/device/pre_eol_info")"
if [ -r "$card/stat" ]; then
    line 'card written' "$(awk '{ printf "%.1f MiB since the start", $7 / 2048 }' "$card/stat")"
fi

line temoin "$("$program" --version 2>&1), $(stat -L -c %s "$program") bytes"
if [ "${process:-0}" -gt 0 ]; then
    status=/proc/$process/status
    # Summed over its mappings: the status counts roughly (proc(5), VmRSS).
    mappings=/proc/$process/smaps_rollup
    line 'its memory' "$(kibibytes "$mappings" Rss), $(kibibytes "$mappings" Pss) of it its own share"
    line 'its writes' "$(($(figure "/proc/$process/io" write_bytes) / 1024)) KiB since it runs"
    before=$(figure "$status" voluntary_ctxt_switches)
    sleep 20
    line 'its wakeups' "$(($(figure "$status" voluntary_ctxt_switches) - before)) in 20 s"
else
    line 'its state' 'the service does not run'
fi

# The hook, as OpenVPN runs it, but into a spool of its own: on the same card, not in the record.
spool=$(mktemp -d /var/tmp/first-look.XXXXXX)
trap 'rm -rf "$spool"' EXIT
mkdir -m 700 "$spool/spool"
hook() {
    env -i PATH="$PATH" dev=tun0 ifconfig_local=192.0.2.10 script_type=route-up \
        "$program" --state-dir "$spool" hook route-up
}
times=$(for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    hook
    echo "$((($(date +%s%N) - start) / 1000000))"
done | sort -n | tr '\n' ' ')
line 'hook takes' "${times}ms, five times, ordered"
line 'hook wrote' "$(find "$spool/spool" -type f | wc -l) events of 5"
echo '--- end'
