/* Opens a region whose functions may use the instructions named by TARGET, for gcc and clang.
 * (No include guard: it is included once per ISA file, and target_end.h closes it.) */
#if defined(__clang__)
#define PYNN_PRAGMA(x) _Pragma(#x)
#define PYNN_TARGET_ON(isa) \
    PYNN_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
PYNN_TARGET_ON(TARGET)
#elif defined(__GNUC__)
#define PYNN_PRAGMA(x) _Pragma(#x)
#define PYNN_TARGET_ON(isa) PYNN_PRAGMA(GCC push_options) PYNN_PRAGMA(GCC target(isa))
PYNN_TARGET_ON(TARGET)
#endif
