@SITE tests/plan/any.yaml
@MACHINE tests/machines/dirty-raid.json
@KIND pair
@WIPE WD-WCC7K0AB12C0
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
sdc WD-WCC7K1AB12C1 carries
  unknown content 1.0 MiB  (partition 1 bios)
  raid1 array "boot", a member of 1.0 GiB; also has a member on sdd, which is not taken; 3 of 4 members are here  (partition 2 boot)
  raid5 array "main", a member of 3.6 TiB; also has a member on sdd, which is not taken; 3 of 4 members are here  (partition 3 main)
  hint: to destroy that, add `wipe: [ WD-WCC7K1AB12C1 ]` to profiles.pair in the site file
