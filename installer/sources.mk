# The only list of C files. A layer's objects go into one library; programs link what they need.
base_SRC    := base/arena.c base/channel.c base/clock.c base/cmdline.c base/error.c base/fd.c base/hash.c base/size.c base/str.c base/sums.c base/tar.c base/uuid.c
data_SRC    := data/field.c data/field_write.c data/field_doc.c data/iso9660.c data/json.c data/tree.c data/yaml.c data/yaml_write.c
model_SRC   := model/catalog.c model/disk_journal.c model/disk_words.c model/layout_check.c model/layout_rules.c model/layout_whole.c model/machine.c model/net.c model/plan.c model/plan_text.c model/site.c model/site_area.c model/site_check.c model/site_net.c model/site_net_check.c model/ssh_key.c model/site_secrets.c
sys_SRC     := sys/sys_real.c sys/sys_small.c sys/sys_dry.c sys/sys_fake.c sys/exec.c sys/child.c sys/files.c sys/fetch.c sys/probe.c sys/ptable.c sys/gpt_ids.c sys/block.c sys/text.c sys/host.c sys/identity.c sys/guard.c sys/holders.c sys/disk_journal.c sys/terminal.c sys/terminal_probe.c sys/wire.c sys/net_look.c sys/task.c
observe_SRC := observe/disks.c observe/uses.c observe/place.c observe/paths.c observe/storage.c observe/report.c observe/boot_entries.c observe/machine.c observe/nics.c observe/links.c observe/lldp.c observe/firmware.c
plan_SRC    := plan/select.c plan/select_nic.c plan/net.c plan/net_ip.c plan/net_networkd.c plan/layout.c plan/work.c plan/bind.c plan/graph.c plan/keep.c plan/size.c plan/consent.c plan/storage.c plan/boot.c plan/admin.c plan/node.c plan/planner.c
guide_SRC   := guide/guide.c guide/pages_machine.c guide/pages_site.c guide/draft.c guide/map.c guide/words.c
ops_SRC     := ops/ops.c ops/bench.c ops/source.c ops/disk.c ops/raid.c ops/crypt.c ops/lvm.c ops/compare.c ops/image.c ops/seed.c ops/system.c ops/admin.c ops/identity.c ops/identity_storage.c ops/identity_packages.c ops/boot.c ops/boot_bios.c ops/boot_entry.c ops/grub_pc.c
engine_SRC  := engine/engine.c engine/journal.c engine/site_find.c engine/site_net.c engine/preflight.c engine/preflight_run.c engine/live_net.c engine/remote.c engine/reporter.c engine/progress.c engine/bundle.c engine/volume.c
proto_SRC   := proto/proto.c
admin_SRC   := admin/life.c admin/store.c admin/nodes.c admin/node_apply.c admin/admin.c admin/rules.c admin/plans.c admin/bootconf.c admin/effects.c admin/api.c admin/agent_api.c admin/operator_api.c admin/node_api.c admin/explain.c admin/site_change.c admin/server.c admin/render.c admin/setup.c admin/netrun.c admin/network.c admin/addresses.c admin/checks.c admin/catalog_load.c admin/secrets.c
agent_SRC   := agent/clock.c agent/client.c agent/measure.c agent/run_ram.c agent/run_disk.c agent/secrets.c agent/checks.c agent/esps.c
ui_SRC      := ui/console.c ui/screens.c ui/hub.c ui/table.c ui/machine_text.c ui/tui_plain.c ui/tui_newt.c ui/offer.c
# Programs of more than one file.
install_SRC := cmd/install_main.c cmd/install_job.c cmd/install_show.c cmd/install_validate.c cmd/install_customize.c cmd/install_apply.c cmd/install_saved.c cmd/install_confirm.c cmd/install_run.c cmd/install_menu.c cmd/install_bundle.c cmd/install_guide.c cmd/install_node.c cmd/install_preflight.c cmd/install_remote.c cmd/install_watch.c cmd/secrets.c
