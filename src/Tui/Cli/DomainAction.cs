using VirtHandover.Bus.Client;
using VirtHandover.Tui.Json;

namespace VirtHandover.Tui.Cli;

/// <summary>Does one thing to several domains and reports on each; one that fails does not keep the others from it.</summary>
internal sealed class DomainAction(Output output, string action, string done)
{
    private readonly List<ActionJson> results = [];

    /// <summary>The first failure's exit code, or 0.</summary>
    public int Code { get; private set; }

    public async Task ForAsync(DomainView domain, Func<Guid, Task> call)
    {
        try
        {
            await call(domain.Uuid).ConfigureAwait(false);
            results.Add(new ActionJson(domain.Uuid, domain.Name, action, true, null, null));
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

    /// <summary>Reports a failure that came before the call.</summary>
    public void Failed(Guid? uuid, string name, ServiceException e)
    {
        results.Add(new ActionJson(uuid, name, action, false, JsonMap.Word(e.Fault), e.Message));
        output.Fault(e.Message);
        Code = Code == ExitCode.Ok ? ExitCode.Of(e.Fault) : Code;
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
}
