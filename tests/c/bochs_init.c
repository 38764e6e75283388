/* The only process of the emulated machine that bochs.sh boots: runs /kernel_test twice (the checks,
 * then the hashes), says on the console how each ended, and switches the machine off. */
#include <stdio.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void run(const char *what, char *const arguments[]) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        execv(arguments[0], arguments);
        _exit(127);
    }
    waitpid(child, &status, 0);
    printf("%s exit status %d\n", what, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
}

int main(void) {
    char program[] = "/kernel_test", quick[] = "--quick", hash[] = "--hash", table[] = "--table",
         avx512[] = "avx512";
    run("checks:", (char *[]){program, quick, table, avx512, NULL});
    run("hashes:", (char *[]){program, quick, hash, table, avx512, NULL});
    tcdrain(STDOUT_FILENO);
    iopl(3);
    for (const char *c = "Shutdown"; *c; ++c) outb((unsigned char)*c, 0x8900); /* Bochs ends at this word */
    for (;;) pause();
}
