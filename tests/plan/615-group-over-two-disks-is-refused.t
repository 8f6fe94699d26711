@SITE tests/plan/any.yaml
@MACHINE tests/machines/stale-lvm.json
@KIND first
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
sda S4EMNX0R600123 carries
  vfat 512 MiB  (partition 1 EFI System)
  ext4 1.0 GiB  (partition 2)
  LVM group "ubuntu-vg" 1.7 TiB: home 1.5 TiB, root 50 GiB, swap_1 8.0 GiB; also has a member on sdb, which is not taken; 1 of its members is not on this machine  (partition 3)
  hint: to destroy that, add `wipe: [ S4EMNX0R600123 ]` to profiles.first in the site file
