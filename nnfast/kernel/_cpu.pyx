"""What the processor can do, asked of the processor and the operating system themselves."""

cdef extern from *:
    """
    #if (defined(__x86_64__) || defined(_M_X64)) && defined(_MSC_VER) && !defined(__clang__)
    #include <intrin.h>
    #include <immintrin.h>
    static unsigned enabled_register_sets(void) {
        int leaf[4];
        __cpuid(leaf, 1);
        return (leaf[2] >> 27) & 1 ? (unsigned) _xgetbv(0) : 0u;
    }
    static int extended_feature(int bit) {
        int leaf[4];
        __cpuid(leaf, 0);
        if (leaf[0] < 7) return 0;
        __cpuidex(leaf, 7, 0);
        return (leaf[1] >> bit) & 1;
    }
    static int has_avx2(void) {
        int leaf[4];
        __cpuid(leaf, 1);
        return (enabled_register_sets() & 0x6) == 0x6 && extended_feature(5)
            && ((leaf[2] >> 12) & 1);
    }
    static int has_avx512(void) {
        return (enabled_register_sets() & 0xe6) == 0xe6 && extended_feature(16)
            && extended_feature(17) && extended_feature(31);
    }
    #elif defined(__x86_64__)
    static int has_avx2(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    static int has_avx512(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl");
    }
    #else
    static int has_avx2(void) { return 0; }
    static int has_avx512(void) { return 0; }
    #endif
    """
    bint has_avx2()
    bint has_avx512()


# The builds that setup.py makes of the kernel, the fastest first, and whether this processor can
# run each.
BUILDS = {"avx512": has_avx512(), "avx2": has_avx2(), "baseline": True}
