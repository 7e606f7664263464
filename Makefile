# analytics: product analytics and reporting inside PostgreSQL
#
#   make, make install, make installcheck     as for any extension, with PG_CONFIG
#   make demo, make check, make bench          everything on a private server, from packages to result
#   make deps                                  Debian packages that are missing
#   make check-fresh SUITE=bookworm            the two commands of the README in a bare Debian
#
# WITH_RENDER=no builds without the helper that writes xlsx, and without its libraries.

EXTENSION   = analytics
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" analytics.control)
PG_CONFIG  ?= pg_config
WITH_RENDER ?= yes

# Goals that set everything up by themselves; the scripts call make again for the rest.
SCRIPTED = deps demo check bench check-fresh lint
ifneq ($(filter $(SCRIPTED),$(MAKECMDGOALS)),)

export PG_CONFIG WITH_RENDER SUITE TESTS
.PHONY: $(SCRIPTED)
deps:
	@test/deps.sh
demo: deps
	@test/demo/run.sh
check: deps
	@test/check.sh
bench: deps
	@bench/run.sh
check-fresh:
	@test/fresh.sh $(SUITE)
lint: deps
	@.ci/lint.sh

else

ROOMS       = kernel base calendar source metric series export main
MODULE_big  = $(EXTENSION)
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard $(ROOMS:%=src/%/*.c))))
DATA        = $(wildcard sql/upgrade/*.sql)
DATA_built  = $(EXTENSION)--$(EXTVERSION).sql
DOCS        = $(wildcard docs/*.md)
REGRESS     = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
EXTRA_CLEAN = $(EXTENSION)--*.sql $(OBJS:.o=.d) src/render/*.o src/render/*.d src/render/analytics-render

# Only what AN_SQL and PostgreSQL's own macros mark is visible (15 makes all visible by default).
PG_CPPFLAGS = -Isrc -DAN_VERSION='"$(EXTVERSION)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS   = -fvisibility=hidden -MMD -MP $(EXTRA_CFLAGS)

ifeq ($(WITH_RENDER),yes)
SCRIPTS_built = src/render/analytics-render
endif

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(EXTENSION)--$(EXTVERSION).sql: $(sort $(wildcard sql/install/*.sql)) analytics.control
	@printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit' > $@
	@cat $(sort $(wildcard sql/install/*.sql)) >> $@

# A change of version rebuilds what prints it.
src/main/module.o: analytics.control

# The render helper is a program of its own: no PostgreSQL in it.
RENDER_OBJS   = $(patsubst %.c,%.o,$(sort $(wildcard src/render/*.c)))
RENDER_KERNEL = src/kernel/frame.c src/kernel/sheet.c src/kernel/utf8.c
RENDER_CFLAGS = -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Isrc -MMD -MP $(EXTRA_CFLAGS)
$(RENDER_OBJS): %.o: %.c
	$(CC) $(RENDER_CFLAGS) -c -o $@ $<
src/render/analytics-render: $(RENDER_OBJS) $(RENDER_KERNEL) $(RENDER_KERNEL:.c=.h)
	$(CC) $(filter-out -MMD -MP,$(RENDER_CFLAGS)) -o $@ $(RENDER_OBJS) $(RENDER_KERNEL) -lxlsxwriter -lminizip -lz -lm

-include $(OBJS:.o=.d) $(RENDER_OBJS:.o=.d)

endif
