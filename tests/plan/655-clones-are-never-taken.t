@SITE tests/plan/any.yaml
@MACHINE tests/machines/clones-usb.json
@KIND usb
@EXPECT
error select: port 52:54:00:aa:bb:01, which the machine netbooted from, is not seen on it any more
  hint: 
