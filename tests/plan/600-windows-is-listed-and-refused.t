@SITE tests/plan/any.yaml
@MACHINE tests/machines/windows-dual-boot.json
@KIND largest
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
nvme0n1 PHHH1234005X512G carries
  vfat "SYSTEM" 100 MiB  (partition 1 EFI system partition)
  unknown content 16 MiB  (partition 2 Microsoft reserved partition)
  ntfs "Windows" 356 GiB  (partition 3 Basic data partition)
  ext4 "ubuntu" 120 GiB  (partition 4)
  ntfs "WinRE" 700 MiB  (partition 5 Recovery)
  hint: to destroy that, add `wipe: [ PHHH1234005X512G ]` to profiles.largest in the site file
