using System.Collections.Concurrent;
using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>polkit's authority on a private bus; it answers what a test says and writes down what it was asked.</summary>
internal sealed class FakePolkit
{
    internal const string Name = "org.freedesktop.PolicyKit1";

    private static InterfaceDefinition Definition { get; } = new InterfaceBuilder<FakePolkit>(Name + ".Authority")
        .Method(
            "CheckAuthorization",
            [new("(sa{sv})", "subject"), new("s", "action"), new("a{ss}", "details"), new("u", "flags"), new("s", "cancellation")],
            [new("(bba{ss})", "result")],
            async (polkit, call) =>
            {
                var subject = call.Arguments[0].AsFields();
                var details = call.Arguments[2].AsOptions();
                polkit.Asked.Enqueue(
                    $"{subject[0].AsText()} {subject[1].AsOptions()["name"].AsText()} {call.Arguments[1].AsText()} "
                    + $"{string.Join(',', details.Select(pair => $"{pair.Key}={pair.Value.AsText()}"))} {call.Arguments[3].AsUInt32()}");
                polkit.Cancellation = call.Arguments[4].AsText();
                var (allowed, challenge) = await polkit.Answer();
                return [BusValue.StructOf(allowed, challenge, BusValue.ArrayOf("{ss}", []))];
            })
        .Method("CancelCheckAuthorization", [new("s", "cancellation")], (polkit, call) =>
        {
            polkit.Cancelled.TrySetResult(call.Arguments[0].AsText());
            return Task.CompletedTask;
        })
        .Build();

    internal ConcurrentQueue<string> Asked { get; } = new();

    internal Func<Task<(bool Allowed, bool Challenge)>> Answer { get; set; } = () => Task.FromResult((false, false));

    internal string Cancellation { get; private set; } = "";

    internal TaskCompletionSource<string> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal async Task ExportAsync(BusConnection connection)
    {
        await connection.ExportAsync("/org/freedesktop/PolicyKit1/Authority", announce: false, (Definition, this));
        await connection.RequestNameAsync(Name, CancellationToken.None);
    }
}
