# Everything ends up below artifacts/. Run `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

sources = $(shell find src/$(1) -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.json' -o -name '*.xml' \) -not -path '*/obj/*')
common := $(wildcard data/dbus/* data/polkit/*) Directory.Build.props Directory.Packages.props $(wildcard src/*.props src/*/*.props) eng/publish $(wildcard eng/BannedSymbols*.txt) $(call sources,Core)
programs := artifacts/stage/.Hook artifacts/stage/.Service artifacts/stage/.Tui

.PHONY: help deps build test hosts hosts-kvm chaos endurance fuzz hostile demo bench compare rpm deb clean

help: ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

deps: ## Install what building and testing need (apt or dnf, as root).
	@eng/install-deps

build: $(programs) ## Compile the three programs ahead of time into artifacts/stage.

artifacts/stage/.%: $(common)
	@echo "== publish $*"
	@eng/publish $*
	@touch $@
artifacts/stage/.Hook: $(call sources,Hook)
artifacts/stage/.Service: $(call sources,Service)
artifacts/stage/.Tui: $(call sources,Tui) $(wildcard data/completions/* data/man/*)

test: deps build ## Run every test; the last line is "N passed, N failed". ALL=1: with every variant of each.
	@ALL="$(ALL)" eng/test

hosts: deps build ## Boot Debian releases and run every case on each, as root; the last line is "hosts: N of N passed". HOST=trixie CASE=NAME.
	@HOST="$(HOST)" CASE="$(CASE)" eng/hosts

chaos: deps build ## Harm handovers at every named point, as root, and print what became of them. N=NUMBER: at random points only.
	@eng/chaos $(N)

hosts-kvm: deps deb ## Hand VMs over on an emulated host with KVM, AppArmor and systemd, as root, a quarter of an hour. CASE=PART of a name.
	@eng/hosts-kvm $(CASE)

endurance: deps build ## Hand one busy VM over again and again, as root: N=200 times; nothing may leak.
	@VHENDURANCE=$(or $(N),200) eng/test EnduranceTests

fuzz: ## Damage what each parser of others' words takes, for SECONDS=60 each; what breaks one is kept in tests/corpus.
	@VHFUZZ_SECONDS=$(or $(SECONDS),60) dotnet test tests/Unit --nologo -v quiet --filter FullyQualifiedName~FuzzTests

hostile: deps build ## Hand a QEMU that lies at random over, beside two honest VMs, as root, for SECONDS=120. SEED=S repeats a run.
	@SEED="$(SEED)" eng/hostile $(SECONDS)

demo: deps ## Upgrade two running VMs with a real dnf upgrade, as root. DEBIAN=1: a real apt upgrade. TUI=1: with the screen. MEMORY=MiB.
	@$(MAKE) build
	@$(MAKE) $(if $(DEBIAN),deb,rpm)
	@tests/$(if $(DEBIAN),hosts,lab)/demo $(if $(TUI),--tui) $(if $(MEMORY),--memory $(MEMORY))

# What may be chosen for the bench; see docs/benchmarks.md.
bench_variables := MEMORY VCPUS LOADS COUNT ENDS_COUNT PEER_MEMORY PEER_VCPUS PEER_COUNT PEER_FILL COPY_LIMIT MANY MANY_MEMORY \
  SCAN_DOMAINS SCAN_PROCESSES SCAN_COUNT IDLE_SECONDS HOOK_COUNT SCREEN_COUNT PROFILE_COUNT ECHO_HZ MINUTES PARTS QUICK NOTE PUBLISH

bench: deps ## Measure on a quiet machine, as root, into docs/benchmarks.md. QUICK=1: a part of it, in five minutes.
	@$(MAKE) build
	@$(MAKE) rpm
	@$(foreach name,$(bench_variables),$(if $($(name)),BENCH_$(name)="$($(name))")) bench/run

compare: deps build ## Measure this tree against BEFORE=REV in turns, as root, ten minutes. COUNT=30 turns; PUBLISH=1: into docs/benchmarks.md.
	@$(MAKE) build
	@$(foreach name,COUNT EACH MEMORY VCPUS NOTE PUBLISH,$(if $($(name)),BENCH_$(name)="$($(name))")) bench/compare "$(BEFORE)"

rpm: build ## Build the RPMs into artifacts/rpm.
	@packaging/rpm/build

deb: build ## Build the Debian packages into artifacts/deb, for Debian 12 and later.
	@packaging/deb/build

clean: ## Remove everything that was built or downloaded.
	rm -rf artifacts
