/*
 * The command completion: a script with which a shell completes command lines, made from the
 * tables of options and commands.
 */
#include "option/refuse.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------- what all shells complete */

/* The word of a command; "none" stands for no word in the scripts. */
static const char *word_of(const verb *v)
{
    return v->name != NULL ? v->name : "none";
}

static bool takes_file(const verb *v)
{
    return v->operand != NULL && (strcmp(v->operand, "FILE") == 0 ||
                                  strcmp(v->operand, "PATH") == 0 || verb_takes_two(v));
}

/* A value that is a path, or may be one. */
static bool is_file(const option *which)
{
    return which->value != NULL && strncmp(which->value, "FILE", 4) == 0;
}

static bool is_directory(const option *which)
{
    return which->value != NULL && strcmp(which->value, "DIR") == 0;
}

/* A value that is one of some words, which print_words prints. */
static bool is_word(const option *which)
{
    return which->value != NULL && option_word(which, 0) != NULL;
}

/* A value that only the user knows. */
static bool is_own(const option *which)
{
    return which->value != NULL && !is_file(which) && !is_directory(which) && !is_word(which);
}

static void print_words(const option *which)
{
    for (int n = 0; option_word(which, n) != NULL; n++)
        printf("%s%s", n > 0 ? " " : "", option_word(which, n));
}

/* Those that the row lists, or "bash|zsh|fish" as words. */
static void print_operands(const verb *v)
{
    for (int n = 0; v->operand_word != NULL && v->operand_word(n) != NULL; n++)
        printf("%s%s", n > 0 ? " " : "", v->operand_word(n));
    if (v->operand_word != NULL)
        return;
    for (const char *c = v->operand; *c != '\0'; c++)
        putchar(*c == '|' ? ' ' : *c);
}

/* "--quiet", and its letter behind it where it has one. */
static void print_flags(const option *which, const char *between)
{
    printf("--%s", which->name);
    if (which->letter != 0)
        printf("%s-%c", between, which->letter);
}

/* The commands that take an option, which are `none` too, or, without one, that take a file. */
static void print_takers(const option *which, const char *between)
{
    bool first = true;
    for (const verb *const *v = verbs; *v != NULL; v++) {
        if (which != NULL ? !verb_takes(*v, which) : !takes_file(*v))
            continue;
        printf("%s%s", first ? "" : between, word_of(*v));
        first = false;
    }
}

/* A text that stands between single quotes; a backslash comes before what is `special`. */
static void print_quoted(const char *text, const char *special, const char *apostrophe)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(apostrophe, stdout);
        else
            printf(strchr(special, *text) != NULL ? "\\%c" : "%c", *text);
    }
}

/* -------------------------------------------------------------------- bash */

/* A case for all options of a kind, if there are any. */
static void print_bash_case(bool (*is)(const option *which), const char *then)
{
    bool any = false;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (!is(&options[id]))
            continue;
        fputs(any ? " | " : "    ", stdout);
        print_flags(&options[id], " | ");
        any = true;
    }
    if (any)
        printf(") %s ;;\n", then);
}

static void print_bash_values(void)
{
    puts("    case $before in");
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (!is_word(&options[id]))
            continue;
        printf("    ");
        print_flags(&options[id], " | ");
        printf(") words='");
        print_words(&options[id]);
        puts("' ;;");
    }
    print_bash_case(is_file, "files=-f");
    print_bash_case(is_directory, "files=-d");
    print_bash_case(is_own, "return");
}

static void print_bash_options(void)
{
    puts("    case $command in");
    for (const verb *const *v = verbs; *v != NULL; v++) {
        printf("    %s) options='", word_of(*v));
        for (int id = 0, told = 0; id < OPTION_COUNT; id++) {
            if (!verb_takes(*v, &options[id]))
                continue;
            printf("%s", told++ > 0 ? " " : "");
            print_flags(&options[id], " ");
        }
        puts("' ;;");
    }
    puts("    esac");
}

/* The word where no option's value stands: an option, the command, its operand. */
static void print_bash_word(void)
{
    const char *between = "";
    printf("    *)\n"
           "        if [[ $word == -* ]]; then\n"
           "            words=$options\n"
           "        elif ((COMP_CWORD == 1)); then\n"
           "            words='");
    for (const verb *const *v = verbs; *v != NULL; v++) {
        if ((*v)->name == NULL)
            continue;
        printf("%s%s", between, (*v)->name);
        between = " ";
    }
    printf("'\n"
           "            [[ -z $word ]] || files=-f\n"
           "        else\n"
           "            case $command in\n"
           "            ");
    print_takers(NULL, " | ");
    puts(") files=-f ;;");
    for (const verb *const *v = verbs; *v != NULL; v++) {
        if ((*v)->operand == NULL || takes_file(*v))
            continue;
        printf("            %s) words='", (*v)->name);
        print_operands(*v);
        puts("' ;;");
    }
    puts("            *) words=$options ;;\n"
         "            esac\n"
         "        fi\n"
         "        ;;\n"
         "    esac");
}

static void print_bash(void)
{
    puts("# Completion for detinit in bash, made by: detinit completion bash\n"
         "_detinit()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "    local command=none options= words= files= prefix= line\n"
         "    COMPREPLY=()\n"
         "    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} != -* ]]; then\n"
         "        command=${COMP_WORDS[1]}\n"
         "        [[ $command != *[./]* ]] || command=open # detinit FILE\n"
         "    fi\n"
         "    # --name=value: three words, or one where = breaks none\n"
         "    if [[ $word == = ]]; then\n"
         "        word=\n"
         "    elif [[ $before == = ]]; then\n"
         "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "    elif [[ $word == --*=* ]]; then\n"
         "        before=${word%%=*} word=${word#*=}\n"
         "        prefix=$before=\n"
         "    fi");
    print_bash_options();
    print_bash_values();
    print_bash_word();
    puts("    while IFS= read -r line; do\n"
         "        COMPREPLY+=(\"$line\")\n"
         "    done < <(compgen -P \"$prefix\" $files ${words:+-W \"$words\"} -- \"$word\")\n"
         "    [[ -z $files ]] || compopt -o filenames 2>/dev/null\n"
         "}\n"
         "complete -F _detinit detinit");
}

/* --------------------------------------------------------------------- zsh */

static void print_zsh_text(const char *text)
{
    print_quoted(text, "[]:\\", "'\\''");
}

static void print_zsh_option(const option *which)
{
    printf("    [[ $command == (");
    print_takers(which, "|");
    printf(") ]] && options+=(");
    const char *equals = which->value != NULL ? "=" : "";
    char help[OPTION_HELP_TEXT];
    if (which->letter != 0)
        printf("'(-%c --%s)'{-%c,--%s%s}'[", which->letter, which->name, which->letter, which->name,
               equals);
    else
        printf("'--%s%s[", which->name, equals);
    print_zsh_text(option_help(which, help, sizeof help));
    putchar(']');
    if (which->value != NULL) {
        putchar(':');
        print_zsh_text(which->value);
        putchar(':');
    }
    if (is_file(which))
        printf("_files");
    else if (is_directory(which))
        printf("_files -/");
    else if (is_own(which))
        putchar(' ');
    if (is_word(which)) {
        putchar('(');
        print_words(which);
        putchar(')');
    }
    puts("')");
}

static void print_zsh_commands(void)
{
    puts("    if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
         "        commands=(");
    for (const verb *const *v = verbs; *v != NULL; v++) {
        if ((*v)->name == NULL)
            continue;
        printf("            '%s:", (*v)->name);
        print_zsh_text((*v)->help);
        puts("'");
    }
    puts("        )\n"
         "        _describe command commands\n"
         "        _files\n"
         "        return\n"
         "    fi");
}

static void print_zsh_operands(void)
{
    printf("    [[ $command == (");
    print_takers(NULL, "|");
    puts(") ]] && options+=('*:FILE:_files')");
    for (const verb *const *v = verbs; *v != NULL; v++) {
        if ((*v)->operand == NULL || takes_file(*v))
            continue;
        printf("    [[ $command == %s ]] && options+=(':%s:(", (*v)->name, (*v)->noun);
        print_operands(*v);
        puts(")')");
    }
}

static void print_zsh(void)
{
    puts("#compdef detinit\n"
         "# Completion for detinit in zsh, made by: detinit completion zsh\n"
         "_detinit()\n"
         "{\n"
         "    local -a options commands\n"
         "    local command=none");
    print_zsh_commands();
    puts("    if [[ $words[2] != -* ]]; then\n"
         "        command=$words[2]\n"
         "        [[ $command != *[./]* ]] || command=open # detinit FILE\n"
         "        shift words\n"
         "        ((CURRENT -= 1))\n"
         "    fi");
    for (int id = 0; id < OPTION_COUNT; id++)
        print_zsh_option(&options[id]);
    print_zsh_operands();
    puts("    _arguments \"${options[@]}\"\n"
         "}\n"
         "if [[ $funcstack[1] == _detinit ]]; then\n"
         "    _detinit \"$@\"\n"
         "else\n"
         "    compdef _detinit detinit\n"
         "fi");
}

/* -------------------------------------------------------------------- fish */

static void print_fish_text(const char *text)
{
    print_quoted(text, "\\", "\\'");
}

static void print_fish_option(const option *which)
{
    printf("complete -c detinit -n '__detinit_command ");
    print_takers(which, " ");
    printf("' -l %s", which->name);
    if (which->letter != 0)
        printf(" -s %c", which->letter);
    if (is_file(which))
        printf(" -r -F");
    else if (is_directory(which))
        printf(" -x -a '(__fish_complete_directories)'");
    else if (which->value != NULL)
        printf(" -x");
    if (is_word(which)) {
        printf(" -a '");
        print_words(which);
        putchar('\'');
    }
    char help[OPTION_HELP_TEXT];
    printf(" -d '");
    print_fish_text(option_help(which, help, sizeof help));
    puts("'");
}

static void print_fish_command(const verb *v)
{
    if (v->name == NULL)
        return;
    printf("complete -c detinit -n '__detinit_first' -a %s -d '", v->name);
    print_fish_text(v->help);
    puts("'");
    if (v->operand == NULL || takes_file(v))
        return;
    printf("complete -c detinit -n '__detinit_command %s' -a '", v->name);
    print_operands(v);
    puts("'");
}

static void print_fish(void)
{
    puts("# Completion for detinit in fish, made by: detinit completion fish\n"
         "function __detinit_first -d 'Whether the first word is to come'\n"
         "    set -l words (commandline -opc)\n"
         "    test (count $words) -eq 1\n"
         "end\n"
         "function __detinit_command -d 'Whether the command of the line is one of these'\n"
         "    set -l words (commandline -opc)\n"
         "    set -l command none\n"
         "    if set -q words[2]; and not string match -q -- '-*' $words[2]\n"
         "        set command $words[2]\n"
         "        if string match -qr '[./]' $words[2] # detinit FILE\n"
         "            set command open\n"
         "        end\n"
         "    end\n"
         "    contains -- $command $argv\n"
         "end\n"
         "complete -c detinit -f\n"
         "complete -c detinit -n '__detinit_first' -F");
    for (const verb *const *v = verbs; *v != NULL; v++)
        print_fish_command(*v);
    printf("complete -c detinit -n '__detinit_command ");
    print_takers(NULL, " ");
    puts("' -F");
    for (int id = 0; id < OPTION_COUNT; id++)
        print_fish_option(&options[id]);
}

/* ------------------------------------------------------------- the command */

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

/* The number of the shell that was asked for; -1 where it is unknown. */
static int find_shell(const settings *s)
{
    for (size_t n = 0; n < sizeof shells / sizeof shells[0]; n++)
        if (strcmp(s->file, shells[n].name) == 0)
            return (int)n;
    return -1;
}

static bool check(const settings *s, detinit_error *error)
{
    return find_shell(s) >= 0 ||
           refuse(error, "completion: '%.60s' is unknown; it takes %s", s->file, s->verb->operand);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    (void)error;
    shells[find_shell(s)].print();
    return DETINIT_OK;
}

const verb verb_completion = {
    .name = "completion",
    .operand = "bash|zsh|fish",
    .noun = "shell",
    .help = "complete command lines in a shell",
    .check = check,
    .run = run_verb,
};
