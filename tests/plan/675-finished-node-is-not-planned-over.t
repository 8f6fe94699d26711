@SITE tests/plan/any.yaml
@MACHINE tests/machines/finished-node.json
@KIND first
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
nvme0n1 S64FNE0R702001 carries
  unknown content 1.0 MiB  (partition 1 fulcrum-bios)
  vfat "FULCRUM-ESP" 512 MiB  (partition 2 fulcrum-esp)
  ext4 "fulcrum-root" 40 GiB  (partition 3 fulcrum-root)
  swap "fulcrum-swap" 4.0 GiB  (partition 4 fulcrum-swap)
  ext4 "fulcrum-srv" 850 GiB  (partition 5 fulcrum-srv)
  hint: to destroy that, add `wipe: [ S64FNE0R702001 ]` to profiles.first in the site file
