# What the emulated board does after each start; called by its service board.service, output on its console.
# A line "BOARD ok STEP" for each step, "BOARD FAIL STEP" at the first that goes wrong.
cd /work
step=start
say() { printf '\nBOARD %s\n' "$*"; }
ok() { say "ok $step${1:+: $1}"; }
fail() {
    say "FAIL $step: $*"
    sync
    # The console is slow.
    sleep 2
    systemctl poweroff -f -f
    exit 1
}
expect() { # expect CODE COMMAND…: the command ends with that code; output in /work/out
    wanted=$1
    shift
    "$@" >out 2>err
    code=$?
    [ "$code" = "$wanted" ] || { cat out err; fail "'$*' ended with $code, wanted $wanted"; }
}
camera() { # a virtual camera as /dev/video0
    modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0 || fail "no vivid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -c /dev/video0 ] && return; sleep 0.3; done
    fail "no /dev/video0"
}
# Two epochs under attack, judged briefly: an emulated processor is slow.
train() {
    kinglet finetune cifar10.onnx signdigits/train -o "$1.onnx" --checkpoint "$1.checkpoints" --epochs 2 --batch 16 \
        --attack fgsm-rs --validate pgd:2 --gate pgd:2 --schedule constant --rate 0.01 --seed 7 --force --json $2
}

case $(cat state 2>/dev/null) in
'')
    say "ok start: $(uname -r), $(nproc) processors, $(sed -n 's/MemTotal: *//p' /proc/meminfo)"
    step=install
    expect 0 dpkg -i kinglet_*.deb
    [ "$(systemctl is-enabled kinglet.service)" = disabled ] || fail "the service is not off"
    ok "$(kinglet --version)"

    step=doctor
    camera
    expect 0 kinglet doctor
    cat out
    ok

    step=photographs
    expect 0 kinglet classify --json -k 3 photos
    cat out
    [ "$(grep -c '"predictions"' out)" = "$(ls photos | wc -l)" ] || fail "not one answer a photograph"
    expect 65 kinglet classify --json photos/cat.jpg text.jpg
    ok

    step=camera
    expect 0 kinglet classify --json -v --frames 20 v4l2:///dev/video0
    cat err
    tail -1 out
    [ "$(grep -c '"predictions"' out)" = 20 ] || fail "not 20 frames"
    ok "20 frames"

    step=unplugged
    kinglet classify --json v4l2:///dev/video0 >out 2>err &
    pid=$!
    sleep 5
    echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
    wait $pid
    code=$?
    cat err
    tail -1 out
    [ $code = 70 ] || fail "ended with $code, wanted 70"
    rmmod vivid
    expect 70 kinglet classify v4l2:///dev/video0
    cat err
    ok

    step=service
    camera
    systemctl start kinglet.service
    sleep 8
    [ "$(systemctl is-active kinglet.service)" = active ] || { journalctl -u kinglet --no-pager | tail -20; fail "not active"; }
    pid=$(systemctl show -p MainPID --value kinglet.service)
    user=$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")
    [ "$user" != 0 ] || fail "runs as root"
    journalctl -u kinglet -o cat --no-pager | grep -c '"predictions"' >out
    [ "$(cat out)" -gt 0 ] || { journalctl -u kinglet --no-pager | tail; fail "no frame in the journal"; }
    memory=$(awk '/^VmHWM:/ { print $2, $3 }' "/proc/$pid/status")
    exposure=$(systemd-analyze security --offline=yes --no-pager /usr/lib/systemd/system/kinglet.service 2>/dev/null |
        sed -n 's/.*exposure level for [^:]*: \([0-9.]* [A-Z]*\).*/\1/p')
    systemctl stop kinglet.service || fail "does not stop"
    ok "user $user, $(cat out) frames, peak $memory, exposure ${exposure:-unknown}"

    step=train
    echo cut >state
    sync
    train cut >cut.log 2>cut.err &
    pid=$!
    until [ -n "$(ls cut.checkpoints 2>/dev/null)" ]; do
        kill -0 $pid 2>/dev/null || { cat cut.err; fail "ended before its first checkpoint"; }
        sleep 0.2
    done
    sleep 4
    say "cut the power: $(ls cut.checkpoints)"
    wait $pid
    fail "the power was not cut"
    ;;
cut)
    step=restart
    dmesg | grep -i 'ext4.*vdb\|recovery' | tail -2
    [ ! -e cut.onnx ] || fail "the training had ended already"
    expect 0 kinglet inspect cut.checkpoints/*.onnx
    ok "$(ls cut.checkpoints)"

    step=resume
    train cut --resume >cut.log 2>cut.err || { cat cut.err; fail "ended with $?"; }
    cat cut.err | head -20
    ok
    step="same bits"
    train whole >whole.log 2>whole.err || { cat whole.err; fail "ended with $?"; }
    cmp cut.onnx whole.onnx || fail "the interrupted run ended otherwise"
    ok "$(sha256sum <cut.onnx)"

    step=webcam
    if [ -x webcam ]; then
        mkdir -p /dev/gadget
        modprobe dummy_hcd && modprobe gadgetfs && mount -t gadgetfs gadget /dev/gadget || fail "no gadgetfs"
        ./webcam /dev/gadget/dummy_udc frames.mjpeg 2>webcam.err &
        webcam=$!
        for _ in 1 2 3 4 5 6 7 8 9 10; do [ -c /dev/video0 ] && break; sleep 1; done
        expect 0 kinglet classify --json -v --frames 24 v4l2:///dev/video0
        cat err
        tail -1 out
        grep -q -i mjp err || fail "not MJPEG"
        # The photographs are named as their files are.
        kinglet classify --json photos | sed 's/.*"label":"\([^"]*\).*/\1/' | sort -u >files
        sed 's/.*"label":"\([^"]*\).*/\1/' out | sort -u >seen
        cmp files seen || { cat files seen; fail "the camera's pictures are named otherwise than the files"; }
        ok "$(grep -c '"predictions"' out) frames"

        step="webcam unplugged"
        kinglet classify --json v4l2:///dev/video0 >out 2>err &
        pid=$!
        sleep 5
        kill -9 $webcam
        wait $pid
        code=$?
        cat err
        tail -1 out
        [ $code = 70 ] || fail "ended with $code, wanted 70"
        ok
    else
        say "ok webcam: SKIPPED, no compiler for arm64"
        say "ok webcam unplugged: SKIPPED"
    fi

    step=purge
    expect 0 kinglet classify -m cut.onnx signdigits/train/3
    expect 0 dpkg --purge kinglet
    left=$(find / -xdev -iname '*kinglet*' -not -path '/work/*' -not -path '/proc/*' | head)
    [ -z "$left" ] || fail "left behind: $left"
    ok
    say "done"
    sync
    systemctl poweroff
    ;;
esac
