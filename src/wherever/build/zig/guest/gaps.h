/* Names of the C library that WASI's has no place for. Nothing of the system's is included here:
   a program may still choose what its headers show. gaps.c has the functions. */
#if !defined(WHEREVER_GAPS_H) && !defined(__ASSEMBLER__)
#define WHEREVER_GAPS_H
#define L_tmpnam 20
#define TMP_MAX 10000
#ifdef __cplusplus
extern "C" {
#endif
int mkstemp(char *);
char *mkdtemp(char *);
#ifdef __cplusplus
}
#endif
#endif
