@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/lab-seat.json
@KIND store
@EXPECT
error select: site.yaml:44:13: profiles.store.disks.data: no disk matches, exactly 4 are needed
  vda   SEAT-0001     20 GiB  not rotational, wanted rotational
  vdb   SEAT-0002     40 GiB  not rotational, wanted rotational
  hint: change the conditions so that 4 of these disks match, or `count`
