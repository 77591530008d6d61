# make            build every program into build/release/bin
# make demo       watch an upgrade, a release that goes wrong, and the way back (needs a Postgres server's programs)
# make check      run t/ under prove
# make nightly    the tests on Postgres 12 to 18, and the long ones
# make install    PREFIX=/usr/local DESTDIR=
# make dist       the source as a tarball; make deb: a Debian package; make static: binaries for any Linux;
#                 make release: both tarballs, and their version and checksums written into ci-templates
# make clean
# FLAVOUR=asan: the same under AddressSanitizer and UBSan, with fault points; FLAVOUR=cov: with coverage counters.
# B=dir: build there (default build/FLAVOUR). PACKAGES=no: never install a system package. V=1: show the commands.
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
VERSION := $(shell cat VERSION)
PREFIX  ?= /usr/local
ZSHDIR  ?= share/zsh/site-functions
FLAVOUR ?= release
B       := build/$(FLAVOUR)
PKGS    := jansson libxxhash nettle yaml-0.1 libpq libarchive libzstd libcurl
ifeq ($(origin CC),default)
CC      := cc
endif

# Without its packages the rest of this file cannot even be read (it asks pkg-config): so they come first.
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out clean dist npm,$(GOALS)),)
WANT  := build $(if $(filter nightly,$(GOALS)),check) $(foreach g,demo check nightly deb static release picture,$(if $(filter $(g),$(GOALS)),$(patsubst picture,demo,$(g:release=static))))
ifneq ($(shell CC='$(CC)' PACKAGES='$(PACKAGES)' .ci/packages $(WANT) && echo yes),yes)
$(error system packages are missing)
endif
PKG_CPPFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS     := $(shell pkg-config --libs $(PKGS)) -lpg_query -lm
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla -Wcast-align
HARD := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
flags.release := -O2 -g $(HARD)
flags.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DHANDRAIL_FAULTS
flags.cov     := -O0 -g --coverage
ld.release    := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ld.asan       := -fsanitize=address,undefined
ld.cov        := --coverage

ALL_CPPFLAGS = -Ilib $(PKG_CPPFLAGS) -D_GNU_SOURCE $(CPPFLAGS)
ALL_CFLAGS   = -std=c11 $(WARN) $(flags.$(FLAVOUR)) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
# as-needed: a program starts in the time of the libraries that it uses itself
ALL_LDFLAGS  = $(ld.$(FLAVOUR)) -Wl,--as-needed $(LDFLAGS)

PROGRAMS   := $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
BIN        := $(PROGRAMS:%=$(B)/bin/%)
LIB        := $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*/*.c))
UNITS      := $(patsubst t/unit/%.c,$(B)/unit/%,$(wildcard t/unit/*.c))
TEST_TOOLS := $(patsubst t/tools/%.c,$(B)/tools/%,$(wildcard t/tools/*.c))
DEMO       := $(patsubst t/demo/%.c,$(B)/demo/%,$(wildcard t/demo/*.c))
COMPLETION := $(PROGRAMS:%=$(B)/completion/bash/%) $(PROGRAMS:%=$(B)/completion/zsh/_%)

all: $(BIN)

# $(call remember,FILE,TEXT): FILE holds TEXT, and is newer than what depends on it only when TEXT has changed
remember = $(shell mkdir -p $(B) && { printf '%s\n' '$(2)' | cmp -s - $(1) || printf '%s\n' '$(2)' >$(1); } 2>&1)
ifneq ($(filter-out clean dist npm,$(GOALS)),)
$(call remember,$(B)/flags,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS))
$(call remember,$(B)/objects,$(LIB))
endif

Q := $(if $(V),,@)
SAY = @echo '  $(1) $(@:$(CURDIR)/%=%)'
LINK = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/bin/%: $(B)/cmd/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(call SAY,LINK)
	$(Q)$(LINK)

$(B)/unit/%: $(B)/t/unit/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(call SAY,LINK)
	$(Q)$(LINK)

$(B)/tools/%: $(B)/t/tools/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(call SAY,LINK)
	$(Q)$(LINK)

$(B)/demo/%: $(B)/t/demo/%.o
	@mkdir -p $(@D)
	$(call SAY,LINK)
	$(Q)$(LINK)

$(B)/lib.a: $(LIB) $(B)/objects
	$(call SAY,AR  )
	$(Q)rm -f $@ && $(AR) qcsD $@ $(LIB)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call SAY,CC  )
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# the one place that knows the version number
$(B)/lib/core/spec.o $(B)/lib/core/record.o: ALL_CPPFLAGS += -DVERSION='"$(VERSION)"'
$(B)/lib/core/spec.o $(B)/lib/core/record.o: VERSION

# What a user's or a runner's environment holds is none of the tests' business.
UNSET := DATABASE_URL GITHUB_ACTIONS GITLAB_CI HANDRAIL_RELEASE HANDRAIL_SERVICE MAKEFLAGS MAKELEVEL MFLAGS
CLEAN_ENV = env $(UNSET:%=-u %) FLAVOUR=$(FLAVOUR) BUILD=$(CURDIR)/$(B) CC='$(CC)' CFLAGS='$(CFLAGS)' \
            PATH=$(CURDIR)/$(B)/bin:$(CURDIR)/$(B)/tools:$(CURDIR)/$(B)/demo:$$PATH

check: all $(UNITS) $(TEST_TOOLS) $(DEMO) $(COMPLETION)
	@echo '  prove t/*.t and the unit tests'
	$(Q)$(CLEAN_ENV) prove -e t/limit --statefile=$(B)/proved --state=save -j$$(nproc) t/*.t $(UNITS) || \
	    { echo '  once more, alone, what failed beside the others'; \
	    $(CLEAN_ENV) prove -e t/limit --statefile=$(B)/proved --state=failed -v; }

nightly: all $(UNITS) $(TEST_TOOLS) $(DEMO)
	$(Q)$(CLEAN_ENV) t/nightly/run

# what the tests of the CI templates use; without it they are skipped
npm: build/npm/package.json
build/npm/package.json: t/ci/package.json
	@mkdir -p $(@D) && cp $< $@ && cd $(@D) && \
	    npm install --no-fund --no-audit --ignore-scripts --silent || { rm -f package.json; exit 1; }

demo: all $(TEST_TOOLS) $(DEMO)
	@$(CLEAN_ENV) t/demo/run

# the picture in README.md
picture: all $(TEST_TOOLS) $(DEMO)
	@$(CLEAN_ENV) t/demo/picture >$(B)/picture.svg && cp $(B)/picture.svg t/demo/picture.svg

$(B)/completion/bash/%: $(B)/bin/%
	@mkdir -p $(@D)
	@{ printf '_handrail_%s() {\n' $(subst -,_,$*); \
	printf '\tlocal cur=$${COMP_WORDS[COMP_CWORD]}\n\t[[ $$cur == -* ]] || return 0\n'; \
	printf '\tmapfile -t COMPREPLY < <(compgen -W "%s" -- "$$cur")\n' "$$($< --spec=words | paste -sd ' ')"; \
	printf '\t[[ $${COMPREPLY-} == *= ]] && compopt -o nospace\n\treturn 0\n}\n'; \
	printf 'complete -o default -F _handrail_%s %s\n' $(subst -,_,$*) $*; } >$@

$(B)/completion/zsh/_%: $(B)/bin/%
	@mkdir -p $(@D)
	@{ printf '#compdef %s\n_arguments' $*; \
	$< --spec=words | sed "s/.*=\$$/ '*&:value:_default'/; s/^--.*/ '&'/" | tr -d '\n'; \
	printf " '*::operand:_default'\n"; } >$@

install: all $(COMPLETION)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/man/man5 share/man/man7 \
	    share/bash-completion/completions $(ZSHDIR))
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin
	$(foreach s,1 5 7,$(if $(wildcard man/*.$(s)),install -m 644 $(wildcard man/*.$(s)) \
	    $(DESTDIR)$(PREFIX)/share/man/man$(s) &&)) :
	install -m 644 $(filter $(B)/completion/bash/%,$(COMPLETION)) $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 $(filter $(B)/completion/zsh/%,$(COMPLETION)) $(DESTDIR)$(PREFIX)/$(ZSHDIR)

# The committed tree with debian/ in its place; the same commit gives the same bytes.
DIST := handrail-$(VERSION)
dist:
	rm -rf build/dist && mkdir -p build/dist
	git archive --prefix=$(DIST)/ HEAD | tar -x -C build/dist
	cp -R build/dist/$(DIST)/ci-templates/debian build/dist/$(DIST)/debian
	tar -C build/dist --sort=name --mtime="@$$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner \
	    -cf - $(DIST) | gzip -9n >build/$(DIST).tar.gz

deb: dist
	cd build/dist/$(DIST) && env $(UNSET:%=-u %) SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
	    dpkg-buildpackage -us -uc -b
	mv build/dist/handrail_$(VERSION)_*.deb build/
	@ls -l build/*.deb

static: all $(COMPLETION)
	ci-templates/static/pack $(B) $(VERSION)

# Write the release into the templates, and tell what to type next.
release: dist static
	ci-templates/release $(VERSION) $(abspath $(wildcard $(B)/handrail-$(VERSION)-linux-*.tar.gz))

lint-headers: $(B)/flags
	@for h in lib/*/*.h; do \
	    $(CC) $(ALL_CPPFLAGS) -std=c11 $(WARN) -Werror -fsyntax-only -include $$h -x c /dev/null || exit 1; done

clean:
	rm -rf build

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
.PHONY: all check clean deb demo dist install lint-headers nightly npm picture release static
.SECONDARY:
