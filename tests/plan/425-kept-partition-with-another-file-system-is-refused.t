@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND other-fs
@AFTER partition
@EXPECT
error refused: profiles.other-fs: srv is to be preserved, but what carries its label is xfs, wanted ext4
  hint: mend that first, or take `preserve` away from srv: then it is made new
