# analytics: product analytics and reporting inside PostgreSQL
#
#   make, make install, make installcheck     as for any extension, with PG_CONFIG
#   make demo, make check, make bench          everything on a private server, from packages to result
#   make check TESTS="regress sql/x.sql"       some suites (units regress isolation tap ubsan) or single files
#   make lint                                  the checks of .ci that read the code
#   make deps                                  Debian packages that are missing
#   make check-fresh SUITE=bookworm            the two commands of the README in a bare Debian
#
# WITH_RENDER=no builds without the helper that writes xlsx, pdf, html, svg and png, and without its libraries;
# WITH_PDF=no builds the helper without pdf and png, and without pango and cairo.

EXTENSION   = analytics
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" analytics.control)
PG_CONFIG  ?= pg_config
WITH_RENDER ?= yes
WITH_PDF   ?= yes

# Goals that set everything up by themselves; the scripts call make again for the rest.
SCRIPTED = deps demo check bench check-fresh lint
ifneq ($(filter $(SCRIPTED),$(MAKECMDGOALS)),)

export PG_CONFIG WITH_RENDER WITH_PDF KEEP ROWS RUNS
.PHONY: $(SCRIPTED)
deps:
	@test/deps.sh build check
demo:
	@test/deps.sh build
	@test/demo/run.sh
check:
	@test/deps.sh build check
	@test/check.sh $(TESTS)
bench:
	@test/deps.sh build
	@bench/run.sh $(BENCH)
check-fresh:
	@test/fresh.sh $(SUITE)
lint:
	@test/deps.sh build check lint
	@.ci/lint.sh

else

ROOMS       = kernel base calendar sketch behaviour source metric refresh rollup series insight export cache report main
MODULE_big  = $(EXTENSION)
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard $(ROOMS:%=src/%/*.c))))
DATA        = $(wildcard sql/upgrade/*.sql)
DATA_built  = $(EXTENSION)--$(EXTVERSION).sql
REGRESS     = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
ISOLATION   = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation
# Part of installcheck with TAP_TESTS=1; these tests start servers, so not as root.
PROVE_TESTS = $(sort $(wildcard test/tap/*.pl))
EXTRA_CLEAN = $(EXTENSION)--*.sql $(OBJS:.o=.d) src/render/*.o src/render/*.d src/render/analytics-render

# Only what AN_SQL and PostgreSQL's own macros mark is visible (15 makes all visible by default).
# No fused multiply-add, in bitcode neither: a stored estimate is the same on all machines.
PG_CPPFLAGS = -Isrc -ffp-contract=off -DAN_VERSION='"$(EXTVERSION)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS   = -fvisibility=hidden -MMD -MP $(EXTRA_CFLAGS)

ifeq ($(WITH_RENDER),yes)
SCRIPTS_built = src/render/analytics-render
endif

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# In ASCII, so that it can be read in the encoding of any database.
$(EXTENSION)--$(EXTVERSION).sql: $(sort $(wildcard sql/install/*.sql)) sql/install/ascii.awk analytics.control
	@printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit' > $@
	@od -An -v -tu1 $(sort $(wildcard sql/install/*.sql)) | awk -f sql/install/ascii.awk >> $@ || { rm -f $@; exit 1; }

# PGXS forgets programs when it uninstalls.
uninstall: uninstall-render
uninstall-render:
	rm -f '$(DESTDIR)$(bindir)/analytics-render'
.PHONY: uninstall-render

# A change of version rebuilds what prints it.
src/main/module.o: analytics.control

# The render helper is a program of its own: no PostgreSQL in it.
ifeq ($(WITH_PDF),yes)
PDF_CFLAGS    = -DWITH_PDF $(shell pkg-config --cflags pangocairo pangoft2)
PDF_LIBS      = $(shell pkg-config --libs pangocairo pangoft2 fontconfig)
else
PDF_SOURCES   = $(wildcard src/render/pdf*.c src/render/cairo*.c src/render/png*.c)
endif
RENDER_OBJS   = $(patsubst %.c,%.o,$(filter-out $(PDF_SOURCES),$(sort $(wildcard src/render/*.c))))
RENDER_KERNEL = $(sort $(wildcard $(patsubst %,src/kernel/%*.c,calendar frame sheet utf8 chart svg number_format locale)))
RENDER_CFLAGS = -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Isrc $(EXTRA_CFLAGS)
RENDER_LIBS   = -lxlsxwriter -lminizip -lz -lm
$(RENDER_OBJS): %.o: %.c
	$(CC) $(RENDER_CFLAGS) $(PDF_CFLAGS) -MMD -MP -c -o $@ $<
src/render/analytics-render: $(RENDER_OBJS) $(RENDER_KERNEL) $(wildcard src/kernel/*.h)
	$(CC) $(RENDER_CFLAGS) -o $@ $(RENDER_OBJS) $(RENDER_KERNEL) $(PDF_LIBS) $(RENDER_LIBS)

-include $(OBJS:.o=.d) $(RENDER_OBJS:.o=.d)

endif
