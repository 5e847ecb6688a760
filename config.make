# One line per object: nginx compiles its generated module table, which is C, with the same CFLAGS,
# and other modules of the same configure run keep theirs.
# The flags leave nothing visible in the module but nginx's own three tables.

for scalekit_src in $scalekit_srcs; do
    scalekit_obj=`basename \`dirname $scalekit_src\``/`basename $scalekit_src .cpp`.o
    cat << END                                                >> $NGX_MAKEFILE

$NGX_OBJS/addon/$scalekit_obj: CFLAGS += $scalekit_cflags
END
done
