using System.CommandLine;
using System.CommandLine.Help;
using System.Text;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>
/// Writes virt-handover(1) from the verbs and the key table, in mdoc(7). The program never calls it, so it is not part of the program;
/// a test compares <c>data/man/virt-handover.1</c> with it.
/// </summary>
internal static class ManualPage
{
    private static readonly (string Code, string Meaning)[] ExitCodes =
    [
        ("0", "Done."),
        ("1", "A handover or a call failed, the answer was no, or (status) a domain is failed or blocked."),
        ("2", "The call is wrong, or there is no terminal for the screen."),
        ("3", "Domains are still pending, approved or running (status)."),
        ("4", "Not authorised."),
        ("5", "The service cannot be reached."),
        ("70", "An error in this program."),
        ("129, 130, 143", "Ended by HUP (or by the loss of its terminal), INT or TERM."),
    ];

    /// <summary>The page.</summary>
    /// <param name="root">The whole command line.</param>
    /// <param name="date">As mdoc writes it, for example <c>November 23, 2026</c>.</param>
    public static string Of(Command root, string date)
    {
        var page = new StringBuilder();
        Lines(
            ".\\\" Made from the program's own tables; see tests/Unit/Tui/ManualTests.cs.",
            $".Dd {date}",
            ".Dt VIRT-HANDOVER 1",
            ".Os",
            ".Sh NAME",
            ".Nm virt-handover",
            ".Nd move running virtual machines onto a newly installed QEMU",
            ".Sh SYNOPSIS",
            ".Nm",
            ".Op Ar options",
            ".Op Ar verb Op Ar arguments",
            ".Sh DESCRIPTION",
            "Without a verb, on a terminal,",
            ".Nm",
            "opens a screen with the queue of running virtual machines (domains); with a verb it does one thing and ends.",
            "Both talk to",
            ".Xr virt-handoverd 8",
            "over D-Bus.",
            "A domain is named by its name or its UUID; a UUID wins.",
            "Data goes to standard output, messages to standard error.",
            ".Pp",
            "Options that every verb has:",
            ".Bl -tag -width Ds");
        foreach (var option in root.Options.Where(option => !option.Hidden && option is not HelpOption))
        {
            Option(option);
        }

        Lines(".El", ".Ss Verbs", ".Bl -tag -width Ds");
        foreach (var verb in root.Subcommands.OfType<Verb>().Where(verb => !verb.Hidden))
        {
            OneVerb(verb);
        }

        Lines(".El", ".Sh FILTERS", "A filter is one or more words that all have to match:", ".Bl -tag -width Ds");
        foreach (var (example, meaning) in PageLines.Filters)
        {
            Lines($".It Li {Word(example)}", Sentence(meaning));
        }

        Lines(".El", ".Sh KEYS OF THE SCREEN", ".Bl -tag -width Ds");
        foreach (var entry in KeyTable.Entries)
        {
            Lines($".It {string.Join(" , ", entry.Keys.Select(key => $"Cm {Word(key)}"))}", Sentence(entry.Help));
            if (entry.Twin.Length > 0)
            {
                Lines($"On the command line:", $".Li {Word(entry.Twin)} .");
            }
        }

        Lines(
            ".El",
            ".Sh ENVIRONMENT",
            ".Bl -tag -width Ds",
            ".It Ev NO_COLOR",
            "When it is not empty, no colours are used.",
            ".It Ev LC_ALL , LC_CTYPE , LANG",
            "When the locale is not UTF-8, only ASCII is written.",
            ".It Ev TERM",
            "With",
            ".Li dumb",
            "or none there is no screen.",
            ".It Ev DBUS_SYSTEM_BUS_ADDRESS",
            "Where the system bus is.",
            ".El",
            ".Sh EXIT STATUS",
            ".Bl -tag -width Ds");
        foreach (var (code, meaning) in ExitCodes)
        {
            Lines($".It {Text(code)}", Text(meaning));
        }

        Lines(
            ".El",
            ".Sh EXAMPLES",
            "What would happen to a machine, without touching its guest:",
            ".Pp",
            ".Dl virt-handover rehearse web-01",
            ".Pp",
            "Approve what is pending and wait until all is done:",
            ".Pp",
            ".Dl virt-handover approve --all --yes && virt-handover status --watch --timeout 1h",
            ".Pp",
            "Export last month's handovers:",
            ".Pp",
            ".Dl virt-handover history --since 2026-11-01 --until 2026-12-01 --jsonl",
            ".Pp",
            "The machines of another host:",
            ".Pp",
            ".Dl virt-handover --host root@kvm-17 list --readiness",
            ".Sh SEE ALSO",
            ".Xr virsh 1 ,",
            ".Xr virt-handover.conf 5 ,",
            ".Xr virt-handoverd 8");
        return page.ToString();

        void Lines(params string[] lines)
        {
            foreach (var line in lines)
            {
                page.Append(line).Append('\n');
            }
        }

        void OneVerb(Verb verb)
        {
            var arguments = string.Concat(verb.Arguments.Select(argument =>
                argument.Arity.MinimumNumberOfValues == 0 ? $" Op Ar {Text(Name(argument))}" : $" Ar {Text(Name(argument))}"));
            Lines($".It Cm {Text(verb.FullName)}{arguments}", Sentence(verb.Description));
            if (verb.Options.Count > 0)
            {
                Lines(".Bl -tag -width Ds -compact");
                foreach (var option in verb.Options)
                {
                    Option(option);
                }

                Lines(".El");
            }

            foreach (var part in verb.Subcommands.OfType<Verb>())
            {
                OneVerb(part);
            }
        }

        void Option(Option option)
        {
            var value = option.ValueType == typeof(bool) || option.HelpName is null ? "" : $" Ar {Word(option.HelpName)}";
            var names = option.Aliases.Prepend(option.Name).Select(name => $"Fl {Word(name[1..])}");
            Lines($".It {string.Join(" , ", names)}{value}", Sentence(option.Description));
        }
    }

    private static string Name(Argument argument) => argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name} ..." : argument.Name;

    /// <summary>A word behind a macro, whose own blanks and quotation marks must not take it apart.</summary>
    private static string Word(string text)
    {
        // A single mark would be taken for punctuation.
        var mark = text.Length == 1 && !char.IsAsciiLetterOrDigit(text[0]) ? "\\&" : "";
        return $"\"{mark}{Text(text).Replace("\"", "\\(dq", StringComparison.Ordinal)}\"";
    }

    /// <summary>A line of its own, with a capital and a full stop.</summary>
    private static string Sentence(string? text)
    {
        var plain = (text ?? "").TrimEnd('.');
        return plain.Length == 0 ? "" : Text(char.ToUpperInvariant(plain[0]) + plain[1..]) + ".";
    }

    private static string Text(string text)
    {
        var safe = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("“", "\\(lq", StringComparison.Ordinal)
            .Replace("”", "\\(rq", StringComparison.Ordinal).Replace("…", "...", StringComparison.Ordinal).Replace("→", "\\(->", StringComparison.Ordinal);
        return safe.StartsWith('.') || safe.StartsWith('\'') ? $"\\&{safe}" : safe;
    }
}
