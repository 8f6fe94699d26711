@SITE tests/sites/lab.yaml
@MACHINE tests/machines/shared-serial.json
@KIND admin
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
nvme0n1 S5GXNF0R123456 carries
  vfat 512 MiB  (partition 1 EFI)
  ext4 "old-root" 120 GiB  (partition 2 root)
  LVM2_member 300 GiB  (partition 3)
  hint: to destroy that, add `wipe: [ eui.0025385b21b0a1c2 ]` to admin in the site file
