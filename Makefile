# nginx-scalekit: everything starts here. `make help` lists the targets.

BUILD    ?= build
NGINX    ?= /usr/sbin/nginx
NGX_SRC  ?= /usr/share/nginx/src
MODULES  ?= /usr/lib/nginx/modules
CC_OPT   ?= -g -O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2
LD_OPT   ?= -Wl,-z,relro -Wl,-z,now
STRIP    ?= strip
UNIT     ?= *

ifeq ($(origin CXX),default)
CXX := g++
endif
# nginx compiles its own table of modules as C with the compiler of the same family.
CC_OF_CXX = $(subst g++,gcc,$(subst clang++,clang,$(CXX)))

# A plain `make` uses every processor; -j on the command line is honoured.
JOBS := $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

NAME   := ngx_http_scalekit_module.so
MODULE := $(BUILD)/module/$(NAME)
DEPS   := t/tools/deps

SOURCES := config config.make $(sort $(wildcard $(patsubst %,src/%.cpp,*/* nginx/*/*) $(patsubst %,src/%.hpp,*/* nginx/*/*)))

# nginx would take a variable NGINX in its environment for sockets to inherit.
export NGINX_BINARY := $(NGINX)
unexport NGINX
export BUILD CXX NGX_SRC

.PHONY: help deps module unit test demo bench install clean test-fresh sanitize valgrind compilers matrix
.PHONY: module-build unit-build bench-build core-objects mint jws force
.DEFAULT_GOAL := module
.DELETE_ON_ERROR:

help:
	@echo 'make               builds $(MODULE)'
	@echo 'make demo          a guarded site with a login provider of its own, on this machine'
	@echo 'make test          everything: unit, module, end to end, browser'
	@echo 'make unit          the unit tests alone (UNIT=jwt_test: one of them)'
	@echo 'make install       copies the module, stripped, to $(MODULES) (DESTDIR= is honoured)'
	@echo 'make bench         load and instruction counts'
	@echo 'make deps          installs what building and testing need (done by the others as needed)'
	@echo 'make sanitize      the tests again under ASan and UBSan, nginx included'
	@echo 'make valgrind      a login from beginning to end under valgrind'
	@echo 'make compilers     g++ and clang++, every warning an error'
	@echo 'make test-fresh    the README on a new Debian 12, then without a network (root)'
	@echo 'make matrix        build and tests on newer Debians (root)'
	@echo 'make clean         removes $(BUILD)'
	@echo
	@echo 'Variables: BUILD CXX CC_OPT LD_OPT NGINX NGX_SRC NGX_CONF MODULES DESTDIR STRIP UNIT'
	@echo '  NGX_SRC is an nginx source tree or the one of nginx-dev; NGX_CONF its configure options.'

deps:
	@$(DEPS) build test demo

# The module, built by nginx's own configure. It is run from a folder of links, so that nothing is
# written into the tree it came with and every path is relative, whatever this folder is called.

module:
	@$(DEPS) build
	@mkdir -p '$(BUILD)'
	@flock '$(BUILD)' $(MAKE) --no-print-directory $(JOBS) module-build

module-build: $(BUILD)/nginx/Makefile
	@$(MAKE) --no-print-directory -C '$(BUILD)/nginx-src' -f ../nginx/Makefile modules
	@mkdir -p '$(BUILD)/module'
	@cmp -s '$(BUILD)/nginx/$(NAME)' '$(MODULE)' || install -m 644 '$(BUILD)/nginx/$(NAME)' '$(MODULE)'  # a new file: nginx may run the old one
	@echo '$(MODULE)'

$(BUILD)/nginx/Makefile: $(BUILD)/configured config config.make t/tools/configure
	@t/tools/configure '$(BUILD)/nginx-src' '$(BUILD)/nginx' dynamic \
	    --with-cc='$(CC_OF_CXX)' --with-cc-opt='$(CC_OPT)' --with-ld-opt='$(LD_OPT)' $(NGX_CONF)

# Changes when a source comes or goes or an option changes: then nginx has to be configured anew.
$(BUILD)/configured: force
	@mkdir -p '$(BUILD)'
	@printf '%s\n' $(SOURCES) '$(CXX)' '$(CC_OPT)' '$(LD_OPT)' '$(NGX_SRC)' '$(NGX_CONF)' > '$@.new'
	@cmp -s '$@.new' '$@' && rm '$@.new' || mv '$@.new' '$@'

# The unit tests: one cmocka program per t/unit/*_test.cpp, linked with the core and what else does
# without nginx.

CORE       := $(sort $(wildcard $(patsubst %,src/%/*.cpp,base crypto jose oidc session))) \
              src/nginx/shared/arena.cpp src/nginx/shared/flight_table.cpp src/nginx/shared/table.cpp
UNIT_TESTS := $(sort $(wildcard t/unit/$(UNIT:%.cpp=%).cpp))
UNIT_TESTS := $(filter %_test.cpp,$(UNIT_TESTS))
UNIT_HELP  := $(filter-out %_test.cpp,$(wildcard t/unit/*.cpp))
UNIT_BINS  := $(UNIT_TESTS:t/unit/%.cpp=$(BUILD)/unit/%)
UNIT_OPT   ?= -g -O1
OBJ        := $(BUILD)/unit-obj

# nginx names the object of a source after its last folder and its file.
objectsOf = $(foreach source,$(1),$(notdir $(patsubst %/,%,$(dir $(source))))/$(basename $(notdir $(source))).o)

# The core as the module has it, from the objects that nginx's Makefile makes; with UNIT_OPT on the
# command line it is compiled by those options.
ifeq ($(origin UNIT_OPT),command line)
CORE_OBJS := $(CORE:%.cpp=$(OBJ)/%.o)
else
CORE_OBJS := $(addprefix $(BUILD)/nginx/addon/,$(call objectsOf,$(CORE)))
$(CORE_OBJS): core-objects ;
core-objects: $(BUILD)/nginx/Makefile
	@$(MAKE) -s --no-print-directory -C '$(BUILD)/nginx-src' -f ../nginx/Makefile $(addprefix ../nginx/addon/,$(call objectsOf,$(CORE)))
endif
HELP_OBJS := $(UNIT_HELP:%.cpp=$(OBJ)/%.o)

unit:
	@$(DEPS) build unit
	@mkdir -p '$(BUILD)'
	@flock '$(BUILD)' $(MAKE) --no-print-directory $(JOBS) unit-build
	@t/tools/run-unit $(UNIT_BINS)

unit-build: $(UNIT_BINS)

$(OBJ)/%.o: %.cpp
	@mkdir -p '$(@D)'
	$(CXX) -std=c++20 -Wall -Wextra -Werror $(UNIT_OPT) -Isrc -It/unit -MMD -MP -c -o '$@' '$<'

# Compiling a test takes longer than running it.
$(OBJ)/t/unit/%.o: UNIT_OPT := -g -O0

$(OBJ)/libcore.a: $(CORE_OBJS)
	@rm -f '$@'
	@ar rcs '$@' $^

$(BUILD)/unit/%: $(OBJ)/t/unit/%.o $(HELP_OBJS) $(OBJ)/libcore.a
	@mkdir -p '$(@D)'
	$(CXX) $(UNIT_OPT) $(UNIT_LINK) -o '$@' $^ -lcmocka -ljansson -lcrypto

.SECONDARY:
-include $(patsubst %.o,%.d,$(OBJ)/t/tools/mint.o $(OBJ)/t/tools/jws.o $(OBJ)/t/bench/tokens.o $(OBJ)/t/bench/verify.o $(OBJ)/t/bench/client.o $(CORE_OBJS) $(HELP_OBJS) $(UNIT_TESTS:%.cpp=$(OBJ)/%.o))

# mint makes the sealed cookies that t/*.t send, jws judges tokens for t/e2e and for foreign vectors.

mint jws:
	@$(DEPS) build
	@mkdir -p '$(BUILD)'
	@flock '$(BUILD)' $(MAKE) --no-print-directory $(JOBS) '$(BUILD)/$@'

$(BUILD)/mint $(BUILD)/jws: $(BUILD)/%: $(OBJ)/t/tools/%.o $(OBJ)/libcore.a
	$(CXX) $(UNIT_OPT) $(UNIT_LINK) -o '$@' $^ -ljansson -lcrypto

# tables prints the module's own tables for t/docs.t. It is linked with the module's objects.

MODULE_OBJS := $(addprefix $(BUILD)/nginx/addon/,$(call objectsOf,$(filter %.cpp,$(SOURCES))))
NGX_INCS    := $(patsubst %,-isystem '$(NGX_SRC)/src/%',core event event/modules event/quic os/unix http http/modules http/v2 http/v3)

.PHONY: tables
tables: module
	@$(MAKE) --no-print-directory '$(BUILD)/tables'

$(BUILD)/tables: t/tools/tables.cpp $(MODULE)
	$(CXX) -std=c++20 -Wall -Wextra -Werror -O1 -Isrc -isystem '$(BUILD)/nginx' $(NGX_INCS) -o '$@' '$<' \
	    $(patsubst %,'%',$(MODULE_OBJS)) -no-pie -Wl,--unresolved-symbols=ignore-all -lcurl -ljansson -lcrypto

# The rest are scripts, each saying what it does at its top.

test:
	@t/tools/test

demo:
	@$(DEPS) build demo
	@mkdir -p '$(BUILD)'
	@echo 'Building the module. What the compiler says goes to $(BUILD)/demo-build.log.'
	@$(MAKE) --no-print-directory module >'$(BUILD)/demo-build.log' 2>&1 || { cat '$(BUILD)/demo-build.log' >&2; exit 1; }
	@t/tools/node t/op/demo.mjs

bench: module mint
	@$(DEPS) bench
	@flock '$(BUILD)' $(MAKE) --no-print-directory $(JOBS) OBJ='$(BUILD)/bench-obj' UNIT_OPT='-g -O2' bench-build
	@t/bench/run

bench-build: $(BUILD)/bench/tokens $(BUILD)/bench/verify $(BUILD)/bench/client

$(BUILD)/bench/%: $(OBJ)/t/bench/%.o $(OBJ)/libcore.a
	@mkdir -p '$(@D)'
	$(CXX) $(UNIT_OPT) -o '$@' $^ -ljansson -lcrypto

sanitize valgrind compilers test-fresh matrix:
	@t/tools/$@

INSTALLED := $(DESTDIR)$(MODULES)/$(NAME)

install:
	@test -f '$(MODULE)' || { echo 'Nothing is built yet: run make first.' >&2; exit 1; }
	install -d '$(DESTDIR)$(MODULES)'
	install -m 644 '$(MODULE)' '$(INSTALLED).new'
	$(STRIP) --strip-unneeded '$(INSTALLED).new'
	mv -f '$(INSTALLED).new' '$(INSTALLED)'  # at once: nginx never finds half a module
	@echo 'Now put this line at the top of nginx.conf: load_module modules/$(NAME);'

clean:
	rm -rf '$(BUILD)'
