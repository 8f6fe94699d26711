@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND other-level
@AFTER safe
@EXPECT
error refused: profiles.other-level: safe is to be preserved, big carries it, and it is a raid10, wanted raid6
  hint: mend that first, or take `preserve` away from safe: then it is made new
