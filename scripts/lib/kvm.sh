# Whether KVM runs guests here. That /dev/kvm exists proves nothing: behind some hypervisors a guest on it hangs. libvirt
# believes it all the same: it finds its notes on QEMU wrong at every call and tests QEMU anew, for seconds each time
# (measured: 6 s a start instead of 0.4 s). So a libvirtd of ours does not get to see a /dev/kvm that does not work.

# usage: kvm_runs [SECONDS]   runs firmware and a boot sector that counts to 2^24, then ends QEMU with a status of its own.
# It counts because some hypervisors carry out a guest's early code one instruction at a time: no system boots there.
kvm_runs() (
  [ -e /dev/kvm ] || exit 1
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  # mov ecx, 1 << 24; again: dec ecx; jnz again; mov al, 0x10; out 0xf4, al; hlt; then the mark of a boot sector
  {
    printf '\146\271\000\000\000\001\146\111\165\374\260\020\346\364\364' && head -c 495 /dev/zero && printf '\125\252'
  } >"$dir/disk"
  truncate -s 1M "$dir/disk"
  status=0
  timeout --signal=KILL "${1:-2.5}" qemu-system-x86_64 -machine q35 -accel kvm -m 64 -nodefaults -display none \
    -device isa-debug-exit,iobase=0xf4,iosize=1 -drive "file=$dir/disk,format=raw,if=virtio,readonly=on" \
    >/dev/null 2>&1 || status=$?
  [ "$status" -eq 33 ]
)

# In a mount namespace of the caller's own. usage: hide_failing_kvm FILE SECONDS   FILE stands in for the device
hide_failing_kvm() {
  [ -e /dev/kvm ] || return 0
  ! kvm_runs "$2" || return 0
  : >"$1" && chmod 000 "$1" && mount --bind "$1" /dev/kvm
}
