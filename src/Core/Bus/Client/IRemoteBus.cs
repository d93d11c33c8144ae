namespace VirtHandover.Bus.Client;

/// <summary>The system bus of another machine, and what leads to it.</summary>
public interface IRemoteBus
{
    /// <summary>The D-Bus address; see <c>sd_bus_set_address(3)</c>.</summary>
    string Address { get; }

    /// <summary>Finds out why the bus could not be reached: what sd-bus starts for a connection cannot tell it.</summary>
    /// <param name="cancellationToken">Gives up looking.</param>
    /// <returns>Sentences: which machine, what failed, what to do next.</returns>
    Task<string> ExplainAsync(CancellationToken cancellationToken);
}
