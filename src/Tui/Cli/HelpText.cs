using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace VirtHandover.Tui.Cli;

/// <summary>System.CommandLine's help, with examples and exit codes below it.</summary>
internal sealed class HelpText(HelpAction inner) : SynchronousCommandLineAction
{
    private const int Width = 100;

    private const string ExitCodes = """
        Exit codes:
          0    done
          1    failed: a handover, a call, or the answer no; status: a domain is failed or blocked
          2    wrong call, or no terminal for the screen
          3    status: domains are still pending, approved or running
          4    not authorised
          5    the service cannot be reached
          70   an error in this program
          129  the terminal is gone
          130  interrupted
          143  terminated

        Without a verb, on a terminal, the screen opens; ? there shows its keys.
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        inner.MaxWidth = Width;
        inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is Verb verb)
        {
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
            {
                output.WriteLine($"  virt-handover {example}");
            }
        }
        else
        {
            output.WriteLine(ExitCodes);
        }

        return ExitCode.Ok;
    }
}
