@SITE tests/plan/stacks.yaml
@MACHINE tests/machines/store.json
@KIND two-roles
@EXPECT
error select: profiles.two-roles.disks.data: disk sda SSD-0001 is taken by role system already
  hint: make the conditions of system and data such that no disk matches both
