# make            build every tool into build/bin
# make check      run t/ under prove
# make FLAVOUR=asan check   the same under AddressSanitizer and UBSan (build/asan/...)
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
VERSION := $(shell cat VERSION)
PREFIX  ?= /usr/local
CC      ?= cc
FLAVOUR ?= release
PKGS    := jansson libxxhash libcrypto yaml-0.1 libpq libarchive libzstd libcurl
B       := build/$(FLAVOUR)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla -Wcast-align
HARD := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE
flags.release := -O2 -g $(HARD)
flags.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DHANDRAIL_FAULTS
flags.cov     := -O0 -g --coverage
ld.release    := -pie -Wl,-z,relro,-z,now
ld.asan       := -fsanitize=address,undefined
ld.cov        := --coverage

ALL_CPPFLAGS = -Ilib $(PKG_CPPFLAGS) -D_GNU_SOURCE $(CPPFLAGS)
PKG_CPPFLAGS := $(shell pkg-config --cflags $(PKGS))
ALL_CFLAGS   = -std=c11 $(WARN) $(flags.$(FLAVOUR)) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
ALL_LDFLAGS  = $(ld.$(FLAVOUR)) -Wl,--as-needed $(LDFLAGS)
LDLIBS      := $(shell pkg-config --libs $(PKGS)) -lpg_query -lm

TOOLS := $(patsubst cmd/%.c,$(B)/bin/%,$(wildcard cmd/*.c))
LIB   := $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*/*.c))

all: $(TOOLS)

$(B)/bin/%: $(B)/cmd/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/lib.a: $(LIB)
	rm -f $@ && $(AR) rcD $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# the one place that knows the version number
$(B)/lib/core/spec.o $(B)/lib/core/record.o: ALL_CPPFLAGS += -DVERSION='"$(VERSION)"'
$(B)/lib/core/spec.o $(B)/lib/core/record.o: VERSION

UNITS := $(patsubst t/unit/%.c,$(B)/unit/%,$(wildcard t/unit/*.c))
$(B)/unit/%: $(B)/t/unit/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

check: all $(UNITS)
	PATH=$(CURDIR)/$(B)/bin:$$PATH prove -e "" -j$$(nproc) t/*.t $(UNITS)

lint-headers:
	@for h in lib/*/*.h; do $(CC) -std=c11 -Ilib -Wall -Werror -fsyntax-only -include $$h -x c /dev/null || exit 1; done

clean:
	rm -rf build

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
.PHONY: all check clean lint-headers
.SECONDARY:
