@SITE tests/plan/any.yaml
@MACHINE tests/machines/damaged-gpt.json
@KIND first
@EXPECT
error refused: 1 disk is not blank and nobody consented to wiping it:
sda ZDZ1A2B3 carries
  an empty gpt partition table
  something unreadable: the backup partition table is not at the end of the disk but 500107861504 bytes before it; the primary header has a wrong checksum
  hint: to destroy that, add `wipe: [ ZDZ1A2B3 ]` to profiles.first in the site file
