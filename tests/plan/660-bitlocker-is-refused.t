@SITE tests/plan/any.yaml
@MACHINE tests/machines/laptop-bitlocker.json
@KIND largest
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
nvme0n1 FNB6N51234 carries
  vfat "SYSTEM" 260 MiB  (partition 1 EFI system partition)
  unknown content 16 MiB  (partition 2 Microsoft reserved partition)
  BitLocker 477 GiB  (partition 3 Basic data partition)
  hint: to destroy that, add `wipe: [ FNB6N51234 ]` to profiles.largest in the site file
