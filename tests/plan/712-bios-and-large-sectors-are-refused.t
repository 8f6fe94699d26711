@SITE tests/plan/any.yaml
@MACHINE tests/machines/4kn-bios.json
@KIND largest
@EXPECT
error input: disk nvme0n1 S5GXNF0R123456: this machine starts with BIOS, which reads no sectors of 4096 bytes
  hint: choose another disk for bios, or switch the machine's firmware to UEFI
