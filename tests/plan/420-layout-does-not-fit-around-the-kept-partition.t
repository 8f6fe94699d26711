@SITE tests/plan/keep.yaml
@MACHINE tests/machines/store.json
@KIND too-large
@AFTER partition
@EXPECT
error input: disk sda SSD-0001: the layout does not fit between the partitions that are kept
  fulcrum-esp          512 MiB
  fulcrum-root         100 GiB
  fulcrum-swap          10 GiB
  fulcrum-srv          112 GiB  kept
  between what is kept: 20 GiB, 91 GiB
  hint: choose smaller sizes, or do not preserve what is in the way
