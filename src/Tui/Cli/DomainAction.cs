using VirtHandover.Bus.Client;
using VirtHandover.Tui.Json;

namespace VirtHandover.Tui.Cli;

/// <summary>Does one thing to several domains and reports on each; one that fails does not keep the others from it.</summary>
internal sealed class DomainAction(Output output, string action)
{
    private readonly List<ActionJson> results = [];

    /// <summary>The first failure's exit code, or 0.</summary>
    public int Code { get; private set; }

    /// <summary>The domains of these names, each once; a name without one is reported as a failure.</summary>
    public IReadOnlyList<DomainView> Find(HostView view, IEnumerable<string> names)
    {
        var found = new List<DomainView>();
        foreach (var name in names)
        {
            try
            {
                found.Add(DomainFinder.Find(view, name));
            }
            catch (ServiceException e)
            {
                Failed(null, name, e);
            }
        }

        return [.. found.DistinctBy(domain => domain.Uuid)];
    }

    /// <summary>Does it to one.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="call">Does it and says what is done.</param>
    public async Task ForAsync(DomainView domain, Func<Task<string>> call)
    {
        try
        {
            var done = await call().ConfigureAwait(false);
            results.Add(new ActionJson(domain.Uuid, domain.Name, action, true, null, null, done));
            if (!output.Json)
            {
                output.Data($"{domain.Name}: {done}");
            }
        }
        catch (ServiceException e) when (e.Fault is not ServiceFault.Unreachable)
        {
            Failed(domain.Uuid, domain.Name, e);
        }
    }

    /// <summary>Prints what is owed at the end.</summary>
    public int Finish()
    {
        if (output.Json)
        {
            output.Document(new ActionsJson(JsonOut.Schema, results), json => json.ActionsJson);
        }

        return Code;
    }

    private void Failed(Guid? uuid, string name, ServiceException e)
    {
        results.Add(new ActionJson(uuid, name, action, false, JsonMap.Word(e.Fault), e.Message, null));
        output.Fault(e.Message);
        Code = Code == ExitCode.Ok ? ExitCode.Of(e.Fault) : Code;
    }
}
