@SITE tests/sites/lab-any.yaml
@MACHINE tests/machines/small-nvme.json
@KIND admin
@EXPECT
error input: disk nvme0n1 S5GXNF0R123456 is too small: 2.0 GiB, the layout needs 2.5 GiB
  fulcrum-bios         1.0 MiB
  fulcrum-esp          512 MiB
  fulcrum-slot-a       1.0 GiB
  fulcrum-slot-b       1.0 GiB
  fulcrum-data          16 MiB  at least: it takes the rest
  both ends, table     2.0 MiB
  hint: choose a larger disk or smaller sizes
