@SITE tests/sites/lab.yaml
@MACHINE tests/machines/two-nvme.json
@KIND admin
@EXPECT
error select: site.yaml:5:9: admin.disk: 2 disks match, exactly 1 is needed
  nvme0n1  S5GXNF0R123456    477 GiB  matches
  nvme1n1  S5GXNF0R123789    477 GiB  matches
  sda      WD-1234           932 GiB  bus is sata, wanted nvme
  hint: add `serial:` or `pick:` to say which
