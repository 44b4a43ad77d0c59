"""What tests add to the demo's Discord over HTTP: injected faults, and expectations."""
