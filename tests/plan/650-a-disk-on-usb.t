@SITE tests/plan/any.yaml
@MACHINE tests/machines/usb-only.json
@KIND usb
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
