@SITE tests/plan/any.yaml
@MACHINE tests/machines/bios-3tb.json
@KIND blank
@EXPECT
error input: profiles.blank: this machine starts with BIOS, and the layout has no bios line
  hint: add { bios: 1M } to the layout, where esp is, or switch the machine's firmware to UEFI
