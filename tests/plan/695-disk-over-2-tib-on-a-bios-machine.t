@SITE tests/plan/any.yaml
@MACHINE tests/machines/bios-3tb.json
@KIND first
@SHOW table:system boot:system
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
