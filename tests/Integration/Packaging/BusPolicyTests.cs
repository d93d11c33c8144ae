using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The shipped bus policy and the bouncer, called as another user on the real system bus.</summary>
public sealed class BusPolicyTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Name = "org.virthandover.Handover1";
    private const string Manager = "/org/virthandover/Handover1";

    private static readonly string s_domain = $"{Manager}/domain/{RecordingService.Domain:D}".Replace('-', '_');

    public async Task InitializeAsync()
    {
        await ProductRpms.Install();
        await host.Reset();
        await RealService.Stop();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 60_000)]
    public async Task Everybody_may_read()
    {
        await using var service = await RecordingService.Start();
        await Allowed("introspect", Name, Manager);
        await Allowed("get-property", Name, s_domain, Name + ".Domain", "State");
        await Allowed("call", Name, Manager, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
        await Allowed("call", Name, Manager, Name + ".Manager", "History", "sua{sv}", "", "5", "0");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Manager", "Rescan", "a{sv} 0")]
    [InlineData("Manager", "Run", "oa{sv} DOMAIN 0")]
    [InlineData("Manager", "NotifyUpdate", "sas rpm 0")]
    [InlineData("Domain", "Approve", "a{sv} 0")]
    [InlineData("Domain", "Defer", "ta{sv} 4000000000000000 0")]
    [InlineData("Domain", "Cancel", "a{sv} 0")]
    [InlineData("Domain", "Retry", "a{sv} 0")]
    [InlineData("Manager", "PauseQueue", "sa{sv} x 0")]
    [InlineData("Manager", "ResumeQueue", "a{sv} 0")]
    [InlineData("Manager", "AssessAll", "a{sv} 0")]
    [InlineData("Domain", "Undefer", "a{sv} 0")]
    [InlineData("Domain", "SetPolicy", "a{sv} 0")]
    [InlineData("Domain", "Prepare", "a{sv} 0")]
    public async Task Only_root_may_change(string @interface, string method, string arguments)
    {
        await using var service = await RecordingService.Start();
        var path = @interface == "Manager" ? Manager : s_domain;
        string[] call = ["call", Name, path, $"{Name}.{@interface}", method, .. arguments.Replace("DOMAIN", s_domain).Split(' ')];

        var refused = await AsNobody(call);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Access denied", refused.Error, StringComparison.Ordinal);
        Assert.Empty(service.Taken());

        await Shell.Run("busctl", ["--system", .. call]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_else_may_take_the_name()
    {
        var result = await AsNobody("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", "su", Name, "4");
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_service_is_not_started_for_a_forbidden_report()
    {
        var result = await AsNobody("call", Name, Manager, Name + ".Manager", "NotifyUpdate", "sas", "rpm", "0");
        Assert.NotEqual(0, result.ExitCode);
        Assert.NotEqual(0, (await Shell.TryRun("busctl", "--system", "status", Name)).ExitCode);
    }

    private static Task<ShellResult> AsNobody(params string[] arguments) =>
        Shell.TryRun("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "busctl", "--system", .. arguments]);

    private static async Task Allowed(params string[] arguments)
    {
        var result = await AsNobody(arguments);
        Assert.True(result.ExitCode == 0, $"busctl {string.Join(' ', arguments)}: {result.Error}");
    }
}
