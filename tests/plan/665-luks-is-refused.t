@SITE tests/plan/any.yaml
@MACHINE tests/machines/luks.json
@KIND largest
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
nvme0n1 S5H9NS0N812345W carries
  vfat 512 MiB  (partition 1 EFI System Partition)
  ext4 "boot" 1.0 GiB  (partition 2 boot)
  crypto_LUKS 930 GiB  (partition 3)
  hint: to destroy that, add `wipe: [ S5H9NS0N812345W ]` to profiles.largest in the site file
