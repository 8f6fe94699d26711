@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND in-array
@AFTER in-array
@AGAIN
@EXPECT
error refused: profiles.in-array: srv is to be preserved, vg0 carries it, and nobody can see into md1 from outside
  hint: mend that first, or take `preserve` away from srv: then it is made new
