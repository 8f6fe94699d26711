@SITE tests/plan/any.yaml
@MACHINE tests/machines/zfs-pool.json
@KIND first
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
sda K10ZFS7X carries
  zfs_member "tank" 5.5 TiB  (partition 1 zfs-93e3ad7dea459eea)
  unknown content 8.0 MiB  (partition 9)
  hint: to destroy that, add `wipe: [ K10ZFS7X ]` to profiles.first in the site file
