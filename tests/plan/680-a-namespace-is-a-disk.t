@SITE tests/plan/any.yaml
@MACHINE tests/machines/nvme-namespaces.json
@KIND smallest
@EXPECT
error select: site.yaml:23:22: profiles.smallest.disks.system: 3 disks match, and which is the smallest is not clear: several are equal
  nvme0n1  PHLN0123001P6AGN       1.5 TiB  matches
  nvme0n2  PHLN0123001P6AGN/n2    1.5 TiB  matches
  nvme1n1  PHLN0123002P6BGN       2.9 TiB  matches
  hint: add a condition, or write `pick: first-by-path`
