using System.CommandLine;
using VirtHandover.Tui.Json;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover queue pause|resume|status</c>.</summary>
internal sealed class QueueVerb : Verb
{
    public QueueVerb(CliContext context)
        : base(context, "queue", "Pause or resume the queue as a whole, or tell its state.", "queue status", "queue pause 'storage maintenance'", "queue resume")
    {
        Subcommands.Add(new Pause(context));
        Subcommands.Add(new Resume(context));
        Subcommands.Add(new Status(context));
    }

    protected override Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken) =>
        PrintAsync(Context, output, cancellationToken);

    private static async Task<int> PrintAsync(CliContext context, Output output, CancellationToken cancellationToken)
    {
        await using var service = await context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (output.Json)
        {
            output.Document(JsonMap.Queue(view), json => json.QueueJson);
            return ExitCode.Ok;
        }

        output.Data($"The queue is {view.QueueState}. {view.QueueReason}".TrimEnd());
        foreach (var domain in view.Domains.Where(domain => domain.WaitReason.Length > 0))
        {
            output.Data($"{domain.Name}: {domain.WaitReason}");
        }

        return ExitCode.Ok;
    }

    private static int Done(Output output, string action, string sentence)
    {
        if (output.Json)
        {
            output.Document(new ActionsJson(JsonOut.Schema, [new ActionJson(null, "", action, true, null, null, sentence)]), json => json.ActionsJson);
        }
        else
        {
            output.Data(sentence);
        }

        return ExitCode.Ok;
    }

    private sealed class Pause : Verb
    {
        private readonly Argument<string> reason = new("REASON")
        {
            Description = "Why, for others to read.",
            Arity = ArgumentArity.ZeroOrOne,
        };

        public Pause(CliContext context)
            : base(context, "pause", "Start no further handover; one that runs goes on.", "queue pause 'storage maintenance'") => Arguments.Add(reason);

        protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
        {
            await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
            await service.PauseQueueAsync(arguments.GetValue(reason) ?? "", cancellationToken).ConfigureAwait(false);
            return Done(output, "queue_pause", "The queue is paused; “virt-handover queue resume” lets it go on.");
        }
    }

    private sealed class Resume(CliContext context) : Verb(context, "resume", "Start handovers again.", "queue resume")
    {
        protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
        {
            await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
            await service.ResumeQueueAsync(cancellationToken).ConfigureAwait(false);
            return Done(output, "queue_resume", "The queue goes on.");
        }
    }

    private sealed class Status(CliContext context)
        : Verb(context, "status", "Tell whether the queue runs, who paused it and why, and what waits for what.", "queue status", "queue status --json")
    {
        protected override Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken) =>
            PrintAsync(Context, output, cancellationToken);
    }
}
