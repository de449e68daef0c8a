/* A stand-in for every program that the scripts run. What enters: its command line, and the file of answers beside the folder
 * that STAND_IN names. What leaves: a line in its file of calls (program, folder that it was started in, arguments), and the first
 * answer whose words stand in the command line: an exit code, and a text. The code 77 waits to be ended, for a minute at most.
 * As appcmd it also keeps the state of the pool (pool.txt) and of its worker processes (workers.txt): each question takes a line,
 * and the last line stays. on-stop.txt is what the pool does when it is told to stop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static FILE *at(const char *home, const char *name, const char *mode) {
    char place[1024];
    snprintf(place, sizeof place, "%s\\%s", home, name);
    return fopen(place, mode);
}

/* Copies a file, or writes a line where there is no such file. */
static void become(const char *home, const char *to, const char *from, const char *otherwise) {
    char all[4096];
    size_t length;
    FILE *file = at(home, from, "rb");
    length = file ? fread(all, 1, sizeof all, file) : (size_t) snprintf(all, sizeof all, "%s\n", otherwise);
    if (file) fclose(file);
    file = at(home, to, "wb");
    fwrite(all, 1, length, file);
    fclose(file);
}

/* Prints the next line of a file, and takes it from the file unless it is the last. Without a file, or for an empty line, the
 * exit code is 1, as for an object that is not there. */
static int next(const char *home, const char *name) {
    char all[4096], *rest;
    size_t length;
    FILE *file = at(home, name, "rb");
    if (file == NULL) return 1;
    length = fread(all, 1, sizeof all - 1, file);
    fclose(file);
    all[length] = 0;
    rest = strchr(all, '\n');
    if (rest != NULL) {
        *rest++ = 0;
        if (*rest != 0) {
            file = at(home, name, "wb");
            fwrite(rest, 1, strlen(rest), file);
            fclose(file);
        }
    }
    if (*all == 0) return 1;
    puts(all);
    return 0;
}

int main(void) {
    char program[1024], folder[1024], place[1024], line[8192], call[8192];
    const char *home = getenv("STAND_IN");
    FILE *file;
    if (home == NULL) return 99;
    GetModuleFileNameA(NULL, program, sizeof program);
    GetCurrentDirectoryA(sizeof folder, folder);
    snprintf(call, sizeof call, "%s|%s|%s|%s", program, folder, GetCommandLineA(), getenv("PATH") ? getenv("PATH") : "");
    snprintf(place, sizeof place, "%s\\calls.txt", home);
    file = fopen(place, "ab");
    if (file == NULL) return 98;
    fprintf(file, "%s\n", call);
    fclose(file);
    snprintf(place, sizeof place, "%s\\answers.txt", home);
    file = fopen(place, "rb");
    if (file == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char *code, *text;
        line[strcspn(line, "\r\n")] = 0;
        code = strchr(line, '\t');
        if (code == NULL) continue;
        *code++ = 0;
        text = strchr(code, '\t');
        if (text != NULL) *text++ = 0;
        if (strstr(call, line) == NULL) continue;
        if (text != NULL && *text != 0) puts(text);
        fflush(stdout);
        if (atoi(code) == 77) Sleep(60000);
        return atoi(code);
    }
    fclose(file);
    if (strstr(call, "list apppool") && strstr(call, "/text:state")) return next(home, "pool.txt");
    if (strstr(call, "list wp")) return next(home, "workers.txt");
    if (strstr(call, "stop apppool")) become(home, "pool.txt", "on-stop.txt", "Stopped");
    if (strstr(call, "start apppool")) become(home, "pool.txt", "on-start.txt", "Started");
    return 0;
}
