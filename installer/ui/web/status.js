/* SPDX-License-Identifier: GPL-2.0-or-later */
// Draws status.json, every two seconds. Text only ever goes in as text: names come from machines.
"use strict";

const EVERY_MS = 2000;
const KIND = {
	ready: "good",
	approved: "busy", deploying: "busy", deployed: "busy", verifying: "busy",
	discovered: "wait", bound: "wait", planned: "wait",
	failed: "bad",
};
const $ = (id) => document.getElementById(id);

function cell(row, content, className) {
	const td = row.insertCell();
	td.append(content);
	if (className)
		td.className = className;
	return td;
}

function since(text) {
	const s = Math.max(0, Math.round((Date.parse(drawn.time) - Date.parse(text)) / 1000));
	if (s < 90)
		return `${s} s`;
	if (s < 5400)
		return `${Math.round(s / 60)} min`;
	if (s < 172800)
		return `${Math.round(s / 3600)} h`;
	return `${Math.round(s / 86400)} days`;
}

function progress(node) {
	if (node.state !== "deploying")
		return "";
	const box = document.createElement("span");
	const bar = document.createElement("progress");
	bar.max = 100;
	bar.value = node.percent || 0;
	box.append(bar, ` ${bar.value} %  ${node.op || ""}`);
	return box;
}

function drawNodes(nodes) {
	const body = document.createElement("tbody");
	body.id = "nodes";
	for (const node of nodes) {
		const row = body.insertRow();
		cell(row, node.name);
		cell(row, node.state, `state ${KIND[node.state] || ""}`);
		cell(row, progress(node), "soft");
		cell(row, since(node.since), "soft");
	}
	$("nodes").replaceWith(body);
	$("no-nodes").hidden = nodes.length > 0;
}

function drawChecks(checks) {
	const body = document.createElement("tbody");
	body.id = "checks";
	for (const check of checks) {
		const row = body.insertRow();
		cell(row, check.name);
		cell(row, check.pass ? "ok" : "not ok", `state ${check.pass ? "good" : "bad"}`);
		cell(row, check.pass ? check.seen : `${check.seen} (wanted: ${check.expected})`, "soft");
	}
	$("checks").replaceWith(body);
}

let drawn = {};

function draw(status) {
	const admin = status.admin;
	drawn = status;
	document.title = `${status.site} – Fulcrum`;
	$("site").textContent = status.site;
	$("admin").textContent = `${admin.name}, ${admin.address}, release ${admin.build_id || "unusable"}: ` +
		(admin.green ? "all checks pass" : admin.checks.length ? "not ready" : "not checked yet");
	$("admin").className = admin.green ? "good" : "bad";
	$("counts").textContent = Object.entries(status.counts).map(([state, n]) => `${n} ${state}`).join(", ");
	drawNodes(status.nodes);
	drawChecks(admin.checks);
	$("stale").hidden = true;
}

async function refresh() {
	try {
		const answer = await fetch("status.json", { cache: "no-store" });
		if (!answer.ok)
			throw new Error(`the admin node answered ${answer.status}`);
		draw(await answer.json());
	} catch (why) {
		$("stale").textContent = `This is ${drawn.time ? "what was true at " + drawn.time : "empty"}: ${why.message}`;
		$("stale").hidden = false;
	}
	setTimeout(refresh, EVERY_MS);
}

refresh();
